"""Families against each other: who is better how surely, over the seeds and tasks that both have."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binom, rankdata

from bench.analysis.statistics import LEVEL, RESAMPLES, ROUNDING, Floats, area_over_log_length, wilson
from bench.analysis.summary import Pair, blocks
from bench.records.store import Record
from bench.views.numbers import heading_rows, percent, row_of, share

MOST = 24  # families compared; of more, nobody reads the table
DIGITS = 9  # of an area; beyond them two are tied
Areas = dict[str, dict[str, dict[int, float]]]  # by family, task and seed


@dataclass(frozen=True)
class Comparison:
    """How often family `one` beats `other` on the same task and seed, a tie half: with its interval and surer one."""

    one: str
    other: str
    pairs: int
    probability: float
    low: float
    high: float
    told_apart: bool


def areas(groups: dict[Pair, list[Record]]) -> Areas:
    """Gather the area over log length of every trained family, task and seed; fitted floors are left out."""
    found: Areas = defaultdict(lambda: defaultdict(dict))
    trained = {pair: records for pair, records in groups.items() if records[0]["status"] != "fitted"}
    for block in blocks(trained):
        per_seed = area_over_log_length(block.accuracy, block.lengths)
        for (task, model), records, values in zip(block.pairs, block.records, per_seed, strict=True):
            found[model][task] = {record["seed"]: float(v) for record, v in zip(records, values, strict=True)}
    return found


def comparisons(found: Areas) -> list[Comparison]:
    """Compare every two families that share a task and a seed.

    Two are told apart where, at a level corrected for all comparisons (Bonferroni), the interval leaves out a half and
    so does the sign test: Wilson's is too narrow where a few runs all agree.
    """
    pairs = list(itertools.combinations(sorted(found), 2))
    results = []
    for one, other in pairs:
        wins = won(found[one], found[other])
        if wins:
            low, high = win_interval(wins, LEVEL)
            level = 1 - (1 - LEVEL) / len(pairs)
            surely = win_interval(wins, level)
            count, mean = sum(map(len, wins)), float(np.mean([task.mean() for task in wins]))
            apart = not surely[0] <= 0.5 <= surely[1] and sign_test(mean * count, count) <= 1 - level
            results.append(Comparison(one, other, count, mean, low, high, bool(apart)))
    return results


def won(one: dict[str, dict[int, float]], other: dict[str, dict[int, float]]) -> list[Floats]:
    """Return for each common task, at each common seed, 1 where `one` is better, 0 where worse, a half for a tie."""
    results = []
    for task in sorted(one.keys() & other.keys()):
        seeds = sorted(one[task].keys() & other[task].keys())
        if seeds:
            difference = np.array([one[task][seed] - other[task][seed] for seed in seeds])
            results.append((np.sign(np.where(np.abs(difference) < 1e-9, 0, difference)) + 1) / 2)
    return results


def win_interval(wins: list[Floats], level: float) -> tuple[float, float]:
    """Interval of the probability of improvement (Agarwal et al. 2021): each task alike, seeds resampled within each.

    On each side the wider of that bootstrap and Wilson's over all pairs of runs, which has a width where all agree.
    """
    generator = np.random.default_rng(0)
    means = [task[generator.integers(len(task), size=(RESAMPLES, len(task)))].mean(1) for task in wins]
    low, high = np.quantile(np.mean(means, axis=0), [(1 - level) / 2, (1 + level) / 2])
    count = sum(map(len, wins))
    wilson_low, wilson_high = wilson(np.mean([task.mean() for task in wins]) * count, count, level)
    return float(min(low, wilson_low)), float(max(high, wilson_high))


def sign_test(wins: float, count: int) -> float:
    """Probability of so uneven a count of wins, or a more uneven one, where both are alike; two-sided, exact."""
    return float(min(1, 2 * binom.cdf(np.ceil(min(wins, count - wins) - ROUNDING), count, 0.5)))


def ranks(found: Areas) -> pd.DataFrame:
    """Mean rank of each family over the tasks that all have (1 is best), with its interval over seeds."""
    models = sorted(found)
    tasks = sorted(set.intersection(*(set(found[model]) for model in models)))
    generator = np.random.default_rng(0)
    estimate, drawn = np.zeros((len(tasks), len(models))), np.zeros((RESAMPLES, len(tasks), len(models)))
    for row, task in enumerate(tasks):
        values = [np.array(list(found[model][task].values())) for model in models]
        estimate[row] = rankdata([-round(seeds.mean(), DIGITS) for seeds in values])
        chosen = [seeds[generator.integers(len(seeds), size=(RESAMPLES, len(seeds)))].mean(1) for seeds in values]
        drawn[:, row] = rankdata(-np.stack(chosen, 1).round(DIGITS), axis=1)
    low, high = np.quantile(drawn.mean(1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    columns = {"model": models, "tasks": len(tasks), "rank": estimate.mean(0), "low": low, "high": high}
    return pd.DataFrame(columns).sort_values(["rank", "model"], ignore_index=True)


def comparison_section(groups: dict[Pair, list[Record]]) -> list[str]:
    """Return the parts of the page that compare families; none where fewer than two share their tasks."""
    found = {model: tasks for model, tasks in areas(groups).items() if "(" not in model}
    common = set.intersection(*(set(tasks) for tasks in found.values())) if found else set()
    if not 2 <= len(found) <= MOST or not common:
        return []
    return ["## Families compared\n", EXPLANATION, rank_table(found), probability_table(found)]


EXPLANATION = """By area over log length, each family at its suite's own settings. The rank is the mean over the tasks
that all of these families have (1 is best), its interval from seeds resampled within each task. Below it, how often the
family of the row beats that of the column on the same task and seed (a tie counts half), in percent. *Not told apart*:
the interval of that probability, corrected for the number of comparisons, holds a half, or a sign test does not reject
one. Tasks are those of this suite; nothing is said of others.
"""


def rank_table(found: Areas) -> str:
    """Return the table of ranks, and from whom each family cannot be told apart."""
    alike: dict[str, set[str]] = defaultdict(set)
    for one in comparisons(found):
        if not one.told_apart:
            alike[one.one].add(one.other)
            alike[one.other].add(one.one)
    lines = heading_rows(("model", "tasks", "mean rank", "not told apart from"))
    for row in ranks(found).to_dict("records"):
        said = f"{row['rank']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
        lines.append(row_of([row["model"], str(row["tasks"]), said, ", ".join(sorted(alike[row["model"]])) or "-"]))
    return "\n".join(lines) + "\n"


def probability_table(found: Areas) -> str:
    """Return how often the family of each row beats that of each column."""
    known = {(one.one, one.other): one for one in comparisons(found)}
    order = [str(model) for model in ranks(found)["model"]]
    lines = heading_rows(("better than", *order))
    for one in order:
        cells = []
        for other in order:
            if (one, other) in known:
                result = known[one, other]
                cells.append(share(result.probability, result.low, result.high))
            elif (other, one) in known:
                result = known[other, one]
                cells.append(share(1 - result.probability, 1 - result.high, 1 - result.low))
            else:
                cells.append(percent(float("nan")))
        lines.append(row_of([one, *cells]))
    return "\n".join(lines) + "\n"
