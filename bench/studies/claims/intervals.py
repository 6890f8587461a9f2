"""Intervals of means over seeds by Student's t; no width where all seeds agree, none at all for one seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bench.analysis.statistics import LEVEL


class Estimate(NamedTuple):
    """A mean or a difference of means, with its interval."""

    value: float
    low: float
    high: float


def mean_over(values: Sequence[float]) -> Estimate:
    """Return the mean and its t interval."""
    count = len(values)
    if not count:
        return Estimate(math.nan, math.nan, math.nan)
    error = float(np.var(values, ddof=1)) / count if count > 1 else math.nan
    return around(float(np.mean(values)), error, count - 1)


def difference(first: Sequence[float], second: Sequence[float]) -> Estimate:
    """Return the difference of two means and its interval by Welch's t, which lets the two spreads differ."""
    if not first or not second:
        return Estimate(math.nan, math.nan, math.nan)
    between = float(np.mean(first)) - float(np.mean(second))
    if min(len(first), len(second)) < 2:
        return Estimate(between, math.nan, math.nan)
    errors = [float(np.var(side, ddof=1)) / len(side) for side in (first, second)]
    freedoms = [error**2 / (len(side) - 1) for error, side in zip(errors, (first, second), strict=True)]
    return around(between, sum(errors), sum(errors) ** 2 / sum(freedoms) if sum(freedoms) else math.inf)


def around(value: float, squared_error: float, freedom: float) -> Estimate:
    """Return a value with its interval; squared_error: of the value, NaN where one seed cannot tell it."""
    if math.isnan(squared_error):
        return Estimate(value, math.nan, math.nan)
    from scipy.stats import t

    half = float(t.ppf((1 + LEVEL) / 2, freedom)) * math.sqrt(squared_error)
    return Estimate(value, value - half, value + half)
