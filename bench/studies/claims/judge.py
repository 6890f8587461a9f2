"""Judges claims: from the numbers of the seeds to "holds", "false" or "not shown".

Intervals of means over seeds are by Student's t: no width where all seeds agree, none at all for one seed.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bench.analysis.statistics import LEVEL
from bench.analysis.summary import Pair
from bench.records.store import Record
from bench.studies.claims.claim import EVERY_SEED, PAIRED, Claim
from bench.studies.claims.measures import Groups, Measure, number_of

HOLDS, FALSE, NOT_SHOWN, NO_RUNS = "holds", "false", "not shown", "no runs"
ROUNDING = 1e-12  # of sums of equal numbers


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


@dataclass(frozen=True)
class Seeds:
    """What the seeds of a run give: numbers by seed, how many have none, how many diverged, whether it was fitted."""

    by_seed: dict[int, float]
    lost: int
    diverged: int
    fitted: bool

    @property
    def numbers(self) -> list[float]:
        """The numbers of those seeds that have one."""
        return list(self.by_seed.values())

    @property
    def count(self) -> int:
        """How many seeds there are, with a number or without."""
        return len(self.by_seed) + self.lost

    @property
    def mean(self) -> float:
        """Their mean, NaN where there is none."""
        return estimate(self.numbers).value


@dataclass(frozen=True)
class Verdict:
    """What became of a claim.

    bound: the level or the margin that numbers were held against, NaN where there is none
    estimate: of first less second, or of first less bound, with its interval, on the scale of comparison
    met: seeds that are as the claim says, where it is about every seed
    """

    word: str
    first: Seeds
    second: Seeds | None
    bound: float
    estimate: Estimate
    met: int | None = None
    missing: tuple[Pair, ...] = ()


def judge(claim: Claim, groups: Groups) -> Verdict:
    """Return the verdict that the records give."""
    missing = tuple(pair for pair in claim.pairs if not groups.get(pair))
    if missing:
        return Verdict(NO_RUNS, Seeds({}, 0, 0, False), None, math.nan, UNKNOWN, missing=missing)
    first = seeds_of(claim.measure, groups[claim.first])
    second = None
    if claim.second is not None:
        second = seeds_of(claim.second_measure or claim.measure, groups[claim.second])
    if claim.is_level:
        return judge_level(claim, first, second)
    assert second is not None
    if claim.margin is not None:
        margin = math.log(claim.margin) if claim.measure.ratio else claim.margin
        found = estimate(first.numbers, second.numbers)
        return Verdict(likeness(found, margin, bool(first.lost + second.lost)), first, second, margin, found)
    found = paired(first, second) if claim.test == PAIRED else estimate(first.numbers, second.numbers)
    return Verdict(order(found, claim.measure, first, second), first, second, math.nan, found)


def seeds_of(measure: Measure, records: Sequence[Record]) -> Seeds:
    """Take the measure of every seed."""
    numbers = {record["seed"]: number_of(measure, record) for record in records}
    values = {seed: value for seed, value in numbers.items() if not math.isnan(value)}
    diverged = sum(record["status"] == "diverged" for record in records)
    fitted = all(record["status"] == "fitted" for record in records)
    return Seeds(values, len(numbers) - len(values), diverged, fitted)


def paired(first: Seeds, second: Seeds) -> Estimate:
    """Return the mean difference, taken seed by seed."""
    shared = sorted(first.by_seed.keys() & second.by_seed.keys())
    return estimate([first.by_seed[seed] - second.by_seed[seed] for seed in shared])


def order(found: Estimate, measure: Measure, first: Seeds, second: Seeds) -> str:
    """Say whether the first runs are better.

    A seed without a number may be worse than any: so neither side is found the better one with some of its own left
    out.
    """
    low, high = upwards(found, measure)
    if low > ROUNDING and not first.lost:
        return HOLDS
    if high < -ROUNDING and not second.lost:
        return FALSE
    return NOT_SHOWN


def upwards(found: Estimate, measure: Measure) -> tuple[float, float]:
    """Return the ends of an interval, turned so that more is better."""
    return (found.low, found.high) if measure.higher_is_better else (-found.high, -found.low)


def likeness(found: Estimate, margin: float, is_incomplete: bool) -> str:
    """Say whether a difference lies within a margin; never with a seed left out."""
    if is_incomplete:
        return NOT_SHOWN
    if -margin < found.low and found.high < margin:
        return HOLDS
    return FALSE if found.low > margin or found.high < -margin else NOT_SHOWN


def judge_level(claim: Claim, first: Seeds, second: Seeds | None) -> Verdict:
    """Hold every seed against the level; a seed without a number, because its training diverged, reaches none.

    False where no seed is as the claim says, or where the interval of the mean lies on the other side.
    """
    bound = math.nan if second is None else second.mean
    if claim.level is not None:
        bound = claim.level
    sign = 1 if claim.measure.higher_is_better else -1
    reached = sum(sign * (value - bound) >= -ROUNDING for value in first.numbers)
    every = claim.test == EVERY_SEED
    met = reached if every else first.count - reached
    found = Estimate(*(float(value) for value in np.subtract(estimate(first.numbers), bound)))
    low, high = upwards(found, claim.measure)
    opposed = not first.lost and (high < -ROUNDING if every else low > ROUNDING)
    word = NOT_SHOWN
    if first.count > 1 and not math.isnan(bound):
        word = HOLDS if met == first.count else FALSE if met == 0 or opposed else NOT_SHOWN
    return Verdict(word, first, second, bound, found, met)
