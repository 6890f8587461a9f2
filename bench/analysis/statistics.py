"""Statistics of accuracies, for many cells at once: intervals, horizons, areas. Seeds lie along the last axis."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.95
SOLVED = 0.99
RESAMPLES = 2000
ENUMERATED = 6  # up to so many seeds every resample is counted; beyond, resamples come from a fixed stream
ROUNDING = 1e-9
AT_ONCE = 20_000_000  # numbers held by one resampling; bounds memory and changes no result
Floats = NDArray[np.float64]


def wilson(right: ArrayLike, examples: ArrayLike, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Score interval of a share (Wilson 1927): counts of any one shape -> low and high of that shape."""
    k, n = np.asarray(right, dtype=float), np.asarray(examples, dtype=float)
    z = NormalDist().inv_cdf((1 + level) / 2)
    centre = (k + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(k * (n - k) / n + z**2 / 4)
    return np.where(k == 0, 0.0, centre - half), np.where(k == n, 1.0, centre + half)  # exact at both ends


@lru_cache(maxsize=32)
def resamples(seeds: int) -> tuple[Floats, Floats]:
    """Return the bootstrap's resamples of so many seeds: each seed's share (resamples, seeds), their probabilities."""
    if seeds <= ENUMERATED:
        drawn = list(itertools.combinations_with_replacement(range(seeds), seeds))
        counts = np.array([np.bincount(one, minlength=seeds) for one in drawn])
        ways = [math.factorial(seeds) / math.prod(map(math.factorial, Counter(one).values())) for one in drawn]
        return counts / seeds, np.array(ways) / seeds**seeds
    counts = np.random.default_rng(0).multinomial(seeds, [1 / seeds] * seeds, size=RESAMPLES)
    return counts / seeds, np.full(RESAMPLES, 1 / RESAMPLES)


def quantiles(values: Floats, weights: Floats, level: float) -> tuple[Floats, Floats]:
    """Both ends of the middle `level` of weighted values: (..., resamples), (resamples,) -> low and high (...)."""
    order = values.argsort(-1)
    reached = weights[order].cumsum(-1)
    ends = []
    for share in ((1 - level) / 2, (1 + level) / 2):
        first = (reached >= share - ROUNDING).argmax(-1)[..., None]
        ends.append(np.take_along_axis(values, np.take_along_axis(order, first, -1), -1)[..., 0])
    return ends[0], ends[1]


def over_seeds(values: ArrayLike) -> tuple[Floats, Floats]:
    """Percentile bootstrap interval of the mean over seeds (Efron 1979): (..., seeds) -> low and high (...).

    NaN for a single seed: one number says nothing of how much the next would differ. NaN where a seed has no number.
    """
    data = np.asarray(values, dtype=float)
    shape, seeds = data.shape[:-1], data.shape[-1]
    if seeds < 2:
        return np.full(shape, np.nan), np.full(shape, np.nan)
    cells = data.reshape(-1, seeds)
    ends, known = np.full((2, len(cells)), np.nan), ~np.isnan(cells).any(-1)
    if known.any():
        different, place = np.unique(cells[known], axis=0, return_inverse=True)  # a table's are alike by the hundred
        shares, weights = resamples(seeds)
        step = max(1, AT_ONCE // len(shares))
        parts = [quantiles(different[i : i + step] @ shares.T, weights, LEVEL) for i in range(0, len(different), step)]
        ends[:, known] = np.concatenate(parts, axis=1)[:, place.reshape(-1)]
    return ends[0].reshape(shape), ends[1].reshape(shape)


def interval(right: ArrayLike, examples: ArrayLike) -> tuple[Floats, Floats]:
    """Interval of an accuracy over seeds: the wider, on each side, of Wilson's on the pooled counts and the seeds' own.

    Counts (..., seeds) -> low and high (...). Wilson's alone would treat seeds as one model; the seeds' alone has no
    width when all seeds score 1.
    """
    k, n = np.asarray(right, dtype=float), np.asarray(examples, dtype=float)
    low, high = wilson(k.sum(-1), n.sum(-1))
    seeds_low, seeds_high = over_seeds(k / n)
    return np.fmin(low, seeds_low), np.fmax(high, seeds_high)


def spread(values: ArrayLike) -> Floats:
    """Standard deviation over seeds (..., seeds) -> (...); NaN for a single seed."""
    data = np.asarray(values, dtype=float)
    return data.std(-1, ddof=1) if data.shape[-1] > 1 else np.full(data.shape[:-1], np.nan)


def horizon(accuracy: ArrayLike, lengths: Sequence[int], inside: Sequence[int], level: float) -> Floats:
    """Longest evaluated length to which accuracy stays at the level, from the shortest training length; 0 if none.

    accuracy (..., lengths), at ascending lengths -> (...)
    """
    curve = np.asarray(accuracy)
    reached, holds = np.zeros(curve.shape[:-1]), np.ones(curve.shape[:-1], dtype=bool)
    for place, length in enumerate(lengths):
        if length >= min(inside):
            holds &= curve[..., place] >= level - ROUNDING
            reached = np.where(holds, float(length), reached)
    return reached


def horizon_interval(
    accuracy: Floats, lengths: Sequence[int], inside: Sequence[int], level: float
) -> tuple[Floats, Floats]:
    """Percentile bootstrap interval over seeds of the mean curve's horizon.

    accuracy (..., seeds, lengths) -> low and high (...), NaN for a single seed
    """
    shape, seeds = accuracy.shape[:-2], accuracy.shape[-2]
    if seeds < 2:
        return np.full(shape, np.nan), np.full(shape, np.nan)
    shares, weights = resamples(seeds)
    cells, reached = accuracy.reshape(-1, seeds, len(lengths)), []
    step = max(1, AT_ONCE // (len(shares) * len(lengths)))
    for i in range(0, len(cells), step):
        by_length = np.moveaxis(cells[i : i + step], -1, 0)  # (lengths, cells, seeds)
        curves = (by_length.reshape(-1, seeds) @ shares.T).reshape(*by_length.shape[:2], -1)
        reached.append(horizon(np.moveaxis(curves, 0, -1), lengths, inside, level))
    low, high = quantiles(np.concatenate(reached), weights, LEVEL)
    return low.reshape(shape), high.reshape(shape)


def area_over_log_length(accuracy: ArrayLike, lengths: Sequence[int]) -> Floats:
    """Mean accuracy over log length between the shortest and longest evaluated (trapezoids): (..., lengths) -> (...).

    Plain for one length.
    """
    curve = np.asarray(accuracy, dtype=float)
    if len(lengths) == 1:
        return curve[..., 0]
    logs = np.log(lengths)
    trapezoids = np.diff(logs) * (curve[..., 1:] + curve[..., :-1]) / 2  # numpy has them under this name from 2.0 on
    return np.asarray(trapezoids.sum(-1) / (logs[-1] - logs[0]))
