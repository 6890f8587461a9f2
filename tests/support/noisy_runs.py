"""Runs whose seeds differ by known amounts and correlate by known amounts."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bench.analysis.scatter import Sample


def run(accuracies: ArrayLike, examples: float = 256, cells_a_pair: int = 1, named: bool = True) -> Sample:
    """Return what a run measured: accuracies (cells, seeds), NaN where it lacks a seed; `named`: seeds are known."""
    data = np.asarray(accuracies, dtype=float)
    count = (~np.isnan(data)).sum(1)
    deviation = np.array([cell.std(ddof=1) if len(cell) > 1 else 0.0 for cell in (row[~np.isnan(row)] for row in data)])
    pair = np.arange(len(data)) // cells_a_pair
    return Sample(
        np.nanmean(data, 1), deviation, count, np.full(len(data), float(examples)), pair, data if named else None
    )


def alike(
    correlation: float, cells: int = 300, seeds: int = 5, spread: float = 0.05, mean: float = 0.5, stream: int = 0
) -> list[Sample]:
    """Draw two runs of normal accuracies whose seeds correlate; five cells a pair."""
    chance = np.random.default_rng(stream)
    base, other = chance.standard_normal((2, cells, seeds))
    new = correlation * base + np.sqrt(1 - correlation**2) * other
    return [run(mean + spread * part, 1e6, 5) for part in (base, new)]


def among_settled(*cells: list[float], others: int = 300) -> Sample:
    """Return a run of some cells among many where all is right, whose seeds nobody knows."""
    return run([*cells, *[[1.0] * len(cells[0])] * others], named=False)
