"""Where the spread over seeds comes from: the initial weights, the training data, or the two together."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from bench.analysis.statistics import LEVEL, ROUNDING, Floats, area_over_log_length
from bench.analysis.summary import Pair, blocks
from bench.records.store import Record
from bench.views.numbers import heading_rows, row_of, share

DRAWS = 2000
PARTS = ("weights", "data", "together")


@dataclass(frozen=True)
class Split:
    """Shares of the variance of one pair's area: weights, data, and what only both together explain.

    mean and deviation are those of the whole grid (weights, data); low and high bound the shares.
    """

    mean: float
    deviation: float
    grid: tuple[int, int]
    shares: Floats
    low: Floats
    high: Floats


def grids(groups: dict[Pair, list[Record]]) -> dict[Pair, Floats]:
    """Gather the areas of pairs trained on several data seeds with the same initial weights: (weights, data) each.

    Rows of one pair differ in `data_seed` alone; seeds that not every row has are left out, and grids below 2 x 2.
    """
    areas: dict[Pair, dict[int, dict[int, float]]] = defaultdict(dict)
    crossed = {pair: found for pair, found in groups.items() if found[0]["spec"]["data_seed"] is not None}
    for block in blocks(crossed):
        per_seed = area_over_log_length(block.accuracy, block.lengths)
        for (task, model), records, values in zip(block.pairs, block.records, per_seed, strict=True):
            plain = re.sub(r"\(,|\(\)", lambda found: "(" * (found[0] == "(,"), re.sub(r",?data_seed=\d+", "", model))
            by_weights = {record["seed"]: float(v) for record, v in zip(records, values, strict=True)}
            areas[task, plain][records[0]["spec"]["data_seed"]] = by_weights
    found = {}
    for pair, by_data in areas.items():
        seeds = sorted(set.intersection(*(set(row) for row in by_data.values())))
        if len(seeds) > 1 and len(by_data) > 1:
            found[pair] = np.array([[by_data[data][seed] for data in sorted(by_data)] for seed in seeds])
    return found


def components(grid: Floats) -> Floats:
    """Variances of rows, columns and the rest: (..., weights, data) -> (..., 3), none below zero.

    Two-way random effects without replication, from the mean squares (Searle, Casella and McCulloch 1992, chapter 4).
    """
    rows, columns = grid.shape[-2:]
    overall = grid.mean((-2, -1), keepdims=True)
    by_row, by_column = grid.mean(-1, keepdims=True), grid.mean(-2, keepdims=True)
    row_square = columns * ((by_row - overall) ** 2).sum((-2, -1)) / (rows - 1)
    column_square = rows * ((by_column - overall) ** 2).sum((-2, -1)) / (columns - 1)
    rest = ((grid - by_row - by_column + overall) ** 2).sum((-2, -1)) / ((rows - 1) * (columns - 1))
    parts = np.stack([(row_square - rest) / columns, (column_square - rest) / rows, rest], -1)
    return np.clip(parts, 0, None)


def split(grid: Floats) -> Split:
    """Split one grid's variance into shares, with intervals by a parametric bootstrap of normal effects."""
    parts = components(grid)
    rows, columns = grid.shape
    draw = np.random.default_rng(0).normal
    size = (DRAWS, rows, columns)
    again = draw(size=size) * np.sqrt(parts[2])
    again += draw(size=(DRAWS, rows, 1)) * np.sqrt(parts[0]) + draw(size=(DRAWS, 1, columns)) * np.sqrt(parts[1])
    low, high = np.nanquantile(shares_of(components(again)), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    shares = shares_of(parts)
    deviation = float(np.sqrt(parts.sum()))
    return Split(float(grid.mean()), deviation, (rows, columns), shares, np.fmin(low, shares), np.fmax(high, shares))


def shares_of(parts: Floats) -> Floats:
    """Divide variances by their sum (..., 3); a grid without any variance has no shares, all zero."""
    total = parts.sum(-1, keepdims=True)
    return np.divide(parts, total, out=np.zeros_like(parts), where=total > ROUNDING**2)


def variance_section(groups: dict[Pair, list[Record]]) -> list[str]:
    """Return the parts of the page that split the spread over seeds; none where no row names its data's seed."""
    found = grids(groups)
    if not found:
        return []
    lines = heading_rows(("task", "model", "grid", "mean area", "spread", *PARTS), names=2)
    for (task, model), grid in sorted(found.items()):
        one = split(grid)
        cells = [share(s, low, high) for s, low, high in zip(one.shares, one.low, one.high, strict=True)]
        measured = [f"{one.grid[0]} x {one.grid[1]}", f"{100 * one.mean:.1f}", f"{100 * one.deviation:.1f}"]
        lines.append(row_of([task, model, *measured, *cells]))
    return ["## Where the spread over seeds comes from\n", EXPLANATION, "\n".join(lines) + "\n"]


EXPLANATION = """Every initial weight was trained on every data stream of a grid. Of the variance of the area over log
length, the shares in percent of the weights, of the data, and of what only both together explain (two-way random
effects; intervals by a parametric bootstrap, wide because grids are small). *spread* is the standard deviation of one
run, in points.
"""
