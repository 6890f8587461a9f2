"""Intervals of means over seeds by Student's t; no width where all seeds agree, none at all for one seed."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bench.analysis.statistics import LEVEL


class Estimate(NamedTuple):
    """A mean or a difference of means, with its interval."""

    value: float
    low: float
    high: float


UNKNOWN = Estimate(math.nan, math.nan, math.nan)


def estimate(*sides: Sequence[float]) -> Estimate:
    """Return the mean of one sample, or the difference of the means of two, with its interval.

    Of a difference by Welch's t, which lets the two spreads differ.
    """
    from scipy.stats import ttest_1samp, ttest_ind

    if not all(sides):
        return UNKNOWN
    value = float(np.subtract.reduce([np.mean(side) for side in sides]))
    if min(map(len, sides)) < 2:
        return Estimate(value, math.nan, math.nan)
    if not any(np.ptp(side) for side in sides):
        return Estimate(value, value, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a spread that is hardly more than rounding
        test = ttest_1samp(sides[0], 0) if len(sides) == 1 else ttest_ind(*sides, equal_var=False)
    ends = test.confidence_interval(LEVEL)
    return Estimate(value, float(ends.low), float(ends.high))
