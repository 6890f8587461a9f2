"""The two tables, as frames: pure functions of records. No torch here, so they are rebuilt at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bench.analysis.adversarial import NO_SETS, adversarial_by_length, adversarial_summaries
from bench.analysis.frame import Block, Groups, blocks, share, split_of
from bench.analysis.frame import group as group  # where others look for it
from bench.analysis.metrics import COUNTED, EXACT, METRICS, Metric
from bench.analysis.statistics import Floats, interval, over_seeds, spread, wilson
from bench.analysis.summary import Row, described, other_units, summarise

ABOUT = ("task", "task_version", "model", "seeds", "device", "evaluation_hash", "diverged")
SETS = [f"adversarial{part}" for part in ("", "_low", "_high", "_examples", "_worst", "_worst_match")]


def tables(groups: Groups) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both: by length, and the leaderboard."""
    found = blocks(groups)
    return lengths_frame(found, groups), board_frame(found, groups)


def by_length(groups: Groups) -> pd.DataFrame:
    """One row a (task, model, length): every metric over the seeds, its intervals, and what is shown beside it.

    Of texts, exact match is the share of tokens that were the first choice.

    examples: the fewest that a seed was judged on; skipped: how many seeds count as 0 there by rule, none judged
    wilson_low, wilson_high: within the seeds, of the pooled counts; seeds_low, seeds_high: over the seeds (bootstrap of
    the mean, percentile), empty for a single seed; low, high: the wider of both on each side
    adversarial: exact match on the adversarial sets, each kind alike; adversarial_worst: the kind with the lowest
    """
    return lengths_frame(blocks(groups), groups)


def leaderboard(groups: Groups) -> pd.DataFrame:
    """One row a (task, model); within a task the best by its primary metric first, then inside, then by name."""
    return board_frame(blocks(groups), groups)


def lengths_frame(found: list[Block], groups: Groups) -> pd.DataFrame:
    """Return the table by length of some blocks."""
    if not found:
        return pd.DataFrame(columns=[*ABOUT, "length", "exact_match", "seeds_sd", "examples", *SETS])
    frame = pd.concat([rows_by_length(each) for each in found], ignore_index=True)
    sets = adversarial_by_length(groups)
    cells = [sets.get(cell, {}) for cell in zip(frame["task"], frame["model"], frame["length"], strict=True)]
    frame = frame.assign(**{name: [cell.get(name, np.nan) for cell in cells] for name in SETS})
    return frame.sort_values(["task", "model", "length"], ignore_index=True)


def rows_by_length(found: Block) -> pd.DataFrame:
    """Return the rows of one block of pairs."""
    columns: dict[str, Any] = {}
    for metric in COUNTED:
        columns |= length_columns(metric, found.counts[metric.name].swapaxes(2, 3))
    names = list(map(str, found.lengths))
    columns["chance"] = np.array([[seeds[0]["by_length"][n]["chance"] for n in names] for seeds in found.records])
    columns["unseen"] = np.all(
        [[[record["by_length"][n]["unseen"] for n in names] for record in seeds] for seeds in found.records], axis=1
    )
    columns["examples"] = found.examples.min(1).astype(int)
    columns["skipped"] = found.skipped.sum(1)
    frame = pd.DataFrame({name: values.reshape(-1) for name, values in columns.items()})
    count = len(found.lengths)
    frame["length"] = found.lengths * len(found.pairs)
    frame["ratio"] = frame["length"] / max(found.inside)
    frame["split"] = [split_of(length, found.inside) for length in found.lengths] * len(found.pairs)
    about = [described(pair, records) for pair, records in zip(found.pairs, found.records, strict=True)]
    return frame.assign(**{name: [row[name] for row in about for _ in range(count)] for name in ABOUT})


def length_columns(metric: Metric, counts: Floats) -> dict[str, Floats]:
    """Return the columns of a metric, of its counts (2, pairs, lengths, seeds): over the seeds, and in other units."""
    name, values = metric.name, share(counts)
    alike = (counts[1] == counts[1][..., :1]).all(-1)  # else seeds count alike, however many strings each was judged on
    is_pooled = alike & (metric.aggregate == "pooled")
    mean = np.where(is_pooled, counts[0].sum(-1) / counts[1].sum(-1), values.mean(-1))
    columns = {name: mean} | other_units(metric, mean)
    if metric is EXACT:
        within, over = wilson(counts[0].sum(-1), counts[1].sum(-1)), over_seeds(values)
        ends = {"": (np.fmin(within[0], over[0]), np.fmax(within[1], over[1])), "wilson_": within, "seeds_": over}
        columns |= {f"{kind}low": pair[0] for kind, pair in ends.items()}
        return columns | {f"{kind}high": pair[1] for kind, pair in ends.items()} | {"seeds_sd": spread(values)}
    if metric.bounds:
        low, high = interval(*counts) if metric.interval == "counts" else over_seeds(values)
        columns |= {f"{name}_low": low, f"{name}_high": high}
    return columns


def board_frame(found: list[Block], groups: Groups) -> pd.DataFrame:
    """Return the leaderboard of some blocks."""
    sets, primary = adversarial_summaries(groups), {metric.name: metric for metric in METRICS}
    rows: list[Row] = []
    for row in (row for each in found for row in summarise(each)):
        metric = primary[row["primary"]]
        first = row.get(metric.ranks or metric.name, np.nan) * (-1 if metric.higher_is_better else 1)
        rows.append(row | sets.get((row["task"], row["model"]), NO_SETS) | {"first": first})
    order = {"task": True, "first": True, "inside": False, "model": True}
    frame = pd.DataFrame(rows, columns=None if rows else list(dict.fromkeys([*ABOUT, *order])))
    return frame.sort_values(list(order), ascending=list(order.values()), ignore_index=True).drop(columns="first")
