"""Statistics of accuracies: intervals, horizons, areas."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

LEVEL = 0.95
SOLVED = 0.99
RESAMPLES = 10_000


def wilson(
    right: ArrayLike, examples: ArrayLike, level: float = LEVEL
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Score interval of a share (Wilson 1927): counts of any one shape -> low and high of that shape."""
    k, n = np.asarray(right, dtype=float), np.asarray(examples, dtype=float)
    z = float(ndtri((1 + level) / 2))
    centre = (k + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(k * (n - k) / n + z**2 / 4)
    return np.where(k == 0, 0.0, centre - half), np.where(k == n, 1.0, centre + half)  # exact at both ends


def over_seeds(values: Sequence[float], level: float = LEVEL) -> tuple[float, float] | None:
    """Percentile bootstrap interval of the mean over seeds (Efron 1979); None for a single seed.

    Up to five seeds every resample is enumerated, so no chance is involved; beyond, resamples come from a fixed stream.
    """
    if len(values) < 2:
        return None
    data = np.asarray(values, dtype=float)
    if len(values) <= 5:
        resamples = np.array(list(itertools.product(range(len(values)), repeat=len(values))))
    else:
        resamples = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.quantile(data[resamples].mean(1), [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return float(low), float(high)


def interval(right: Sequence[int], examples: Sequence[int]) -> tuple[float, float]:
    """Interval of an accuracy over seeds: the wider, on each side, of Wilson's on the pooled counts and the seeds' own.

    Wilson's alone would treat seeds as one model; the seeds' alone has no width when all seeds score 1.
    """
    low, high = wilson(sum(right), sum(examples))
    spread = over_seeds([r / n for r, n in zip(right, examples, strict=True)])
    if spread is None:
        return float(low), float(high)
    return min(float(low), spread[0]), max(float(high), spread[1])


def horizon(accuracy: Mapping[int, float], inside: Sequence[int], level: float) -> int:
    """Longest evaluated length to which accuracy stays at the level, from the shortest training length; 0 if none."""
    reached = 0
    for length in sorted(length for length in accuracy if length >= min(inside)):
        if accuracy[length] < level:
            break
        reached = length
    return reached


def area_over_log_length(accuracy: Mapping[int, float]) -> float:
    """Mean accuracy over log length between the shortest and longest evaluated (trapezoids); plain for one length."""
    lengths = sorted(accuracy)
    if len(lengths) == 1:
        return accuracy[lengths[0]]
    logs = [math.log(length) for length in lengths]
    return float(np.trapezoid([accuracy[length] for length in lengths], logs) / (logs[-1] - logs[0]))
