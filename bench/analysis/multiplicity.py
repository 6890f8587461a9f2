"""Many hypotheses at once: (row, family) pairs are tested before their cells, so that any false alarm is rare."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.analysis.statistics import Floats


def holm(p_values: Floats, level: float) -> NDArray[np.bool_]:
    """Which hypotheses fall at a family-wise error rate (Holm 1979): (hypotheses,)."""
    order = p_values.argsort(kind="stable")
    allowed = level / np.arange(len(p_values), 0, -1)
    falls = np.zeros(len(p_values), dtype=bool)
    falls[order] = np.logical_and.accumulate(p_values[order] <= allowed)
    return falls


def simes(p_values: Floats, pair: NDArray[np.int64]) -> Floats:
    """Probability of p values so small where no hypothesis of a pair is false (Simes 1986), alike or independent.

    pair: which each belongs to, from 0, all of one pair side by side -> (pairs,)
    """
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    size = np.diff(first, append=len(pair))
    ordered = p_values[np.lexsort((p_values, pair))]
    rank = np.arange(1, len(pair) + 1) - np.repeat(first, size)
    return np.asarray(np.minimum.reduceat(ordered * np.repeat(size, size) / rank, first))


def pairs_first(p_values: Floats, pair: NDArray[np.int64], level: float) -> NDArray[np.bool_]:
    """Which cells fall: Holm's procedure over the pairs by Simes's test of each, then over the cells of each that fell.

    Where nothing is false a cell falls at most as often as the level says, and so in each pair where something is: a
    gate as of Benjamini and Bogomolov (2014), for family-wise errors. (cells,), pair: which each belongs to
    """
    falls = np.zeros(len(p_values), dtype=bool)
    order = pair.argsort(kind="stable")
    gates = holm(simes(p_values[order], pair[order]), level)
    for cells in (np.flatnonzero(pair == each) for each in np.unique(pair)[gates]):
        falls[cells] = holm(p_values[cells], level)
    return falls
