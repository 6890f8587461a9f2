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


def simes(p_values: Floats) -> float:
    """Probability of p values so small where no hypothesis is false (Simes 1986), alike or independent."""
    ordered = np.sort(p_values)
    return float((ordered * len(ordered) / np.arange(1, len(ordered) + 1)).min())


def pairs_first(p_values: Floats, pair: NDArray[np.int64], level: float) -> NDArray[np.bool_]:
    """Which cells fall: Holm's procedure over the pairs by Simes's test of each, then over the cells of each that fell.

    Where nothing is false a cell falls at most as often as the level says, and so in each pair where something is: a
    gate as of Benjamini and Bogomolov (2014), for family-wise errors. (cells,), pair: which each belongs to
    """
    order = pair.argsort(kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(pair[order])) + 1) if len(order) else []
    falls = np.zeros(len(p_values), dtype=bool)
    gates = holm(np.array([simes(p_values[cells]) for cells in members]), level)
    for cells in (cells for cells, open_gate in zip(members, gates, strict=True) if open_gate):
        falls[cells] = holm(p_values[cells], level)
    return falls
