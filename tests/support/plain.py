"""The suite's statistics once more, in plain Python: what the vectorised ones are held against."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from statistics import NormalDist, fmean
from typing import TypeVar

import numpy as np

FEW, RESAMPLES = 6, 2000
Bounds = tuple[float, float] | None
Item = TypeVar("Item")


def wilson(right: float, examples: float, level: float = 0.95) -> tuple[float, float]:
    """Both roots of (share - p)^2 = z^2 p (1 - p) / n."""
    z, share = NormalDist().inv_cdf((1 + level) / 2), right / examples
    a, b, c = 1 + z * z / examples, -2 * share - z * z / examples, share * share
    root = math.sqrt(max(b * b - 4 * a * c, 0))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


@cache
def ordered_draws(seeds: int) -> Counter[tuple[int, ...]]:
    """Count, over every ordered resample of so many seeds, how often each unordered one comes up.

    Of more seeds than FEW there are too many: over as many random ones as docs/metrics.md says, drawn as it says.
    """
    if seeds <= FEW:
        return Counter(tuple(sorted(chosen)) for chosen in itertools.product(range(seeds), repeat=seeds))
    drawn = np.random.default_rng(0).multinomial(seeds, [1 / seeds] * seeds, size=RESAMPLES).tolist()
    return Counter(tuple(seed for seed, times in enumerate(counts) for _ in range(times)) for counts in drawn)


def bootstrap(seeds: Sequence[Item], statistic: Callable[[Sequence[Item]], float], level: float = 0.95) -> Bounds:
    """Percentile interval, over resamples of seeds, of a statistic blind to order; none for a single seed."""
    if len(seeds) < 2:
        return None
    if all(seed == seeds[0] for seed in seeds):
        return statistic(seeds), statistic(seeds)
    draws = ordered_draws(len(seeds))
    found = sorted((statistic([seeds[index] for index in drawn]), count) for drawn, count in draws.items())
    reached = list(itertools.accumulate(count for _, count in found))
    # a fortieth of 2,000 is the fiftieth resample, though (1 - 0.95) / 2 is a little more than a fortieth
    ends = [bisect_left(reached, (share - 1e-12) * reached[-1]) for share in ((1 - level) / 2, (1 + level) / 2)]
    return found[ends[0]][0], found[ends[1]][0]


def mean_bounds(values: Sequence[float]) -> Bounds:
    """Bootstrap interval of the mean."""
    return bootstrap(values, fmean)


def wider(one: tuple[float, float], other: Bounds) -> tuple[float, float]:
    """On each side the wider of two intervals."""
    return one if other is None else (min(one[0], other[0]), max(one[1], other[1]))


def horizon(curve: dict[int, float], start: int, level: float) -> int:
    """Walk up from a length until the first fall below the level; the last length that held."""
    reached = 0
    for length in sorted(curve):
        if length < start:
            continue
        if curve[length] < level - 1e-9:
            break
        reached = length
    return reached


def area(curve: dict[int, float]) -> float:
    """Mean over log length by trapezoids."""
    lengths = sorted(curve)
    if len(lengths) == 1:
        return curve[lengths[0]]
    whole = 0.0
    for left, right in itertools.pairwise(lengths):
        whole += (math.log(right) - math.log(left)) * (curve[left] + curve[right]) / 2
    return whole / (math.log(lengths[-1]) - math.log(lengths[0]))


def mean_curve(curves: Sequence[dict[int, float]]) -> dict[int, float]:
    """The mean accuracy at each length."""
    return {length: fmean(curve[length] for curve in curves) for length in curves[0]}
