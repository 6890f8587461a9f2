"""Where the spread over seeds comes from: the initial weights, the training data, or the two together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.analysis.frame import Groups, Pair, areas_by_seed, as_json
from bench.analysis.statistics import LEVEL, ROUNDING, Floats
from bench.spec.settings import label

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


def grids(groups: Groups) -> dict[Pair, Floats]:
    """Gather the areas of pairs trained on several data seeds with the same initial weights: (weights, data) each.

    Rows of one grid differ in `data_seed` alone; seeds that not every row has are left out, and grids below 2 x 2.
    A grid is named by its family, and where a family has several by the settings in which these differ.
    """
    areas: dict[tuple[str, str, str], dict[int, dict[int, float]]] = defaultdict(dict)
    specs: dict[tuple[str, str, str], dict[str, Any]] = {}
    crossed = {pair: found for pair, found in groups.items() if found[0]["spec"]["data_seed"] is not None}
    for (task, column), by_weights in areas_by_seed(crossed):
        spec: dict[str, Any] = {**groups[task, column][0]["spec"]}
        data_seed, _ = spec.pop("data_seed"), spec.pop("column")
        grid = (task, str(spec["model"]), as_json(spec))
        specs[grid] = spec.pop("model_settings") | spec
        areas[grid][data_seed] = by_weights
    found = {}
    for grid, by_data in areas.items():
        seeds = sorted(set.intersection(*(set(row) for row in by_data.values())))
        if len(seeds) > 1 and len(by_data) > 1:
            others = [specs[other] for other in areas if other[:2] == grid[:2]]
            apart = {k: v for k, v in specs[grid].items() if any(other.get(k) != v for other in others)}
            found[grid[0], label(grid[1], apart)] = np.array(
                [[by_data[data][seed] for data in sorted(by_data)] for seed in seeds]
            )
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
