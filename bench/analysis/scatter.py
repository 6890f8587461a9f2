"""How much seeds differ in the cells of two runs, and whether those that both runs have move together.

Where the seeds that two runs share correlate, their differences vary less than their sums: with the variance v of a
seed and a correlation r, half the variance of a difference is v (1 - r), of a sum v (1 + r), and the two estimates are
independent (Morgan 1939, Pitman 1939). Seeds of one run alone estimate v.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.analysis.statistics import ROUNDING, Floats

SURE = 3.0  # standard errors that shared seeds must be alike by
FEWEST = 20  # cells that anything is learnt from
SAMPLED = 30  # examples that a cell needs for its spread to say something of the others


@dataclass(frozen=True)
class Sample:
    """What one run measured in each of its cells, all (cells,).

    mean of the seeds' accuracies, their standard deviation (any number for a single seed), seeds, and examples a seed

    pair: which (row, family) a cell belongs to; where none is said, each to one of its own
    by_seed: accuracies (cells, seeds), NaN where a seed is missing; two runs have the same seeds in the same columns
    """

    mean: Floats
    deviation: Floats
    seeds: NDArray[np.int64]
    examples: Floats
    pair: NDArray[np.int64] | None = None
    by_seed: Floats | None = None

    @property
    def pairs(self) -> NDArray[np.int64]:
        """Which pair each cell belongs to."""
        return np.arange(len(self.mean)) if self.pair is None else self.pair

    @property
    def squares(self) -> Floats:
        """Sum of the squared deviations from the mean."""
        return np.asarray(np.where(self.seeds > 1, self.deviation, 0.0) ** 2 * (self.seeds - 1))


@dataclass(frozen=True)
class Scatter:
    """Variances (3, cells) of half the differences and sums of shared seeds, and of seeds alone, and their freedom.

    shared: how many seeds are paired; unchanged: cells where each of them is right as often as before
    """

    variance: Floats
    freedom: NDArray[np.int64]
    shared: NDArray[np.int64]
    unchanged: NDArray[np.bool_]


def pooled_mean(runs: tuple[Sample, ...]) -> Floats:
    """Mean of all seeds, a little off 0 and 1: a cell that is all right may be wrong in the next: (cells,)."""
    seeds = np.sum([run.seeds for run in runs], axis=0)
    edge = 0.5 / (runs[0].examples * seeds + 1)
    return np.asarray(np.clip(np.sum([run.mean * run.seeds for run in runs], axis=0) / seeds, edge, 1 - edge))


def in_both(runs: tuple[Sample, ...]) -> NDArray[np.bool_]:
    """Which seeds two runs share: (cells, seeds)."""
    if len(runs) < 2 or runs[0].by_seed is None or runs[1].by_seed is None:
        return np.zeros((len(runs[0].mean), 0), dtype=bool)
    return ~np.isnan(runs[0].by_seed) & ~np.isnan(runs[1].by_seed)


def kept(runs: tuple[Sample, ...], both: NDArray[np.bool_]) -> list[Floats]:
    """Accuracies of the seeds that two runs share, 0 elsewhere: (cells, seeds) of each."""
    return [np.where(both, run.by_seed, 0.0) for run in runs if run.by_seed is not None]


def shared_of(runs: tuple[Sample, ...]) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Which seeds two runs share, and how far each is from the mean of these in either run, 0 elsewhere."""
    both = in_both(runs)
    count = np.maximum(both.sum(1, keepdims=True), 1)
    if not both.size:
        return both, np.zeros(both.shape), np.zeros(both.shape)
    base, new = (np.where(both, each - each.sum(1, keepdims=True) / count, 0.0) for each in kept(runs, both))
    return both, base, new


def scatter(runs: tuple[Sample, ...], paired: bool) -> Scatter:
    """Take apart how much the seeds of one or two runs differ within the runs; drops between runs do not matter."""
    both, base, new = shared_of(runs)
    shared = both.sum(1)
    squares, freedom = np.sum([run.squares for run in runs], axis=0), np.sum([run.seeds - 1 for run in runs], axis=0)
    unchanged = unchanged_cells(runs, both)
    apart, together = ((base - new) ** 2).sum(1) / 2, ((base + new) ** 2).sum(1) / 2
    split = paired & (shared > 1) & ~unchanged
    apart, together = np.where(split, apart, 0.0), np.where(split, together, 0.0)
    alone = np.maximum(squares - apart - together, 0.0)
    alone, freedom = np.where(unchanged, runs[0].squares, alone), np.where(unchanged, runs[0].seeds - 1, freedom)
    own = np.where(split, shared - 1, 0)
    degrees = np.stack([own, own, freedom - 2 * own])
    return Scatter(
        np.stack([apart, together, alone]) / np.maximum(degrees, 1), degrees, np.where(split, shared, 0), unchanged
    )


def unchanged_cells(runs: tuple[Sample, ...], both: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which cells both runs have the same seeds of, each as often right as before: (cells,)."""
    if not both.size:
        return np.zeros(len(runs[0].mean), dtype=bool)
    base, new = kept(runs, both)
    whole = (both.sum(1) == runs[0].seeds) & (both.sum(1) == runs[1].seeds)
    return np.asarray(whole & (np.abs(base - new) < ROUNDING).all(1))


@dataclass(frozen=True)
class Pairing:
    """Whether shared seeds are paired, their mean correlation in how many cells, and a word on why."""

    used: bool
    correlation: float
    cells: int
    why: str


def pairing_of(base: Sample, new: Sample) -> Pairing:
    """Find out whether the seeds that two runs share move together, of cells where not all is as before.

    The sum of their correlations is held against what it would be if the seeds of each pair (row, family) were
    exchanged: all lengths of a training count as one draw.
    """
    both, before, after = shared_of((base, new))
    if not (both.sum(1) > 1).any():
        shared = "the runs share one seed a pair" if both.any() else "the runs share no seeds"
        return Pairing(False, 0.0, 0, shared if both.size else "a table names no seeds")
    size = [np.sqrt((each**2).sum(1)) for each in (before, after)]
    known = (size[0] > ROUNDING) & (size[1] > ROUNDING) & (np.minimum(base.examples, new.examples) >= SAMPLED)
    known &= ~unchanged_cells((base, new), both)
    if known.sum() < FEWEST:
        return Pairing(False, 0.0, int(known.sum()), "too few cells changed to learn from")
    before, after = before[known] / size[0][known, None], after[known] / size[1][known, None]
    chosen, pair = np.unique(base.pairs[known], return_inverse=True)
    table = np.zeros((len(chosen), both.shape[1], both.shape[1]))
    np.add.at(table, pair, before[:, :, None] * after[:, None, :])
    seeds = np.zeros(len(chosen))
    np.maximum.at(seeds, pair, both[known].sum(1))
    chance = np.sqrt(((table**2).sum((1, 2)) / (seeds - 1)).sum())  # its standard error, the seeds exchanged
    total = np.trace(table, axis1=1, axis2=2).sum()
    used = bool(total > SURE * chance)
    why = "they move together" if used else "shared seeds do not move together"
    return Pairing(used, float(total / known.sum()), int(known.sum()), why)
