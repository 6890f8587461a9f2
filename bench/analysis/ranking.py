"""Families against each other: who is better how surely, over the seeds and tasks that both have."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.analysis.frame import Groups, areas_by_seed, variant_of
from bench.analysis.metrics import EXACT, metrics_of
from bench.analysis.statistics import LEVEL, RESAMPLES, ROUNDING, Floats, wilson
from bench.records.store import Record

MOST = 24  # families compared; of more, nobody reads the table
DIGITS = 9  # of an area; beyond them two are tied
Areas = dict[str, dict[str, dict[int, float]]]  # by family, task and seed


@dataclass(frozen=True)
class Comparison:
    """How often family `one` beats `other` on the same task and seed, a tie half, and whether they surely differ."""

    one: str
    other: str
    pairs: int
    probability: float
    low: float
    high: float
    different: bool


def areas(groups: Groups) -> Areas:
    """Gather the area over log length of exact match of every family, task and seed.

    Left out are trivial baselines, families at other settings than the suite's own, and tasks without exact match.
    """
    return areas_of({pair: records for pair, records in groups.items() if is_compared(records[0])})


def areas_of(groups: Groups) -> Areas:
    """Gather the areas of some pairs, all with exact match."""
    found: Areas = defaultdict(lambda: defaultdict(dict))
    for (task, model), by_seed in areas_by_seed(groups):
        found[model][task] = by_seed
    return found


def is_compared(record: Record) -> bool:
    """Whether a record is one of a trained family, at its suite's own settings, with exact match."""
    return record["status"] != "fitted" and not variant_of(record) and EXACT in metrics_of(record)


def comparable(groups: Groups) -> Areas:
    """Return the areas of families that can be compared; none where fewer than two share their tasks, or too many."""
    found = areas(groups)
    common = set.intersection(*(set(tasks) for tasks in found.values())) if found else set()
    return found if 2 <= len(found) <= MOST and common else {}


def comparisons(found: Areas, asked: Sequence[tuple[str, str]] | None = None) -> list[Comparison]:
    """Compare every two families that share a task and a seed, or of all twos those that are asked for.

    Two differ significantly where, at a level corrected for all comparisons (Bonferroni), the interval leaves out a
    half and so does the sign test: Wilson's is too narrow where a few runs all agree.
    """
    pairs = list(itertools.combinations(sorted(found), 2)) if asked is None else asked
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
    fewer = math.ceil(min(wins, count - wins) - ROUNDING)
    return min(1.0, 2 * sum(math.comb(count, wins) for wins in range(fewer + 1)) / 2**count)


def ranks(found: Areas) -> pd.DataFrame:
    """Mean rank of each family over the tasks that all have (1 is best), with its interval over seeds."""
    models = sorted(found)
    tasks = sorted(set.intersection(*(set(found[model]) for model in models)))
    generator = np.random.default_rng(0)
    estimate, drawn = np.zeros((len(tasks), len(models))), np.zeros((RESAMPLES, len(tasks), len(models)))
    for row, task in enumerate(tasks):
        values = [np.array(list(found[model][task].values())) for model in models]
        estimate[row] = pd.Series([round(seeds.mean(), DIGITS) for seeds in values]).rank(ascending=False)
        chosen = [seeds[generator.integers(len(seeds), size=(RESAMPLES, len(seeds)))].mean(1) for seeds in values]
        drawn[:, row] = pd.DataFrame(np.stack(chosen, 1).round(DIGITS)).rank(axis=1, ascending=False)
    low, high = np.quantile(drawn.mean(1), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    columns = {"model": models, "tasks": len(tasks), "rank": estimate.mean(0), "low": low, "high": high}
    return pd.DataFrame(columns).sort_values(["rank", "model"], ignore_index=True)
