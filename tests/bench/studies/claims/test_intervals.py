"""Intervals of means over seeds: by hand, by scipy, and where the seeds cannot tell one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from bench.studies.claims.judge import estimate

LOST = math.nan


def test_interval_of_a_difference_is_welchs_by_hand() -> None:
    """Variances 1 and 4 over 3 seeds each: error sqrt(5 / 3), freedom (5/3)**2 / (1/9 + 16/9) * 2 = 50/17."""
    found = estimate([9.0, 10.0, 11.0], [1.0, 3.0, 5.0])
    half = stats.t.ppf(0.975, 50 / 17) * math.sqrt(5 / 3)
    assert found == pytest.approx((7, 7 - half, 7 + half))


def test_interval_of_a_mean_is_students_by_hand() -> None:
    """Variance 1 over 3 seeds: error sqrt(1 / 3), two degrees of freedom."""
    half = stats.t.ppf(0.975, 2) * math.sqrt(1 / 3)
    assert estimate([9.0, 10.0, 11.0]) == pytest.approx((10, 10 - half, 10 + half))


@pytest.mark.parametrize("sizes", [(2, 2), (5, 5), (3, 9)])
def test_intervals_follow_welchs_formula(sizes: tuple[int, int]) -> None:
    chance = np.random.default_rng(sizes)
    one, other = chance.normal(1, 1, sizes[0]), chance.normal(0, 3, sizes[1])
    errors = np.array([one.var(ddof=1) / len(one), other.var(ddof=1) / len(other)])
    freedom = errors.sum() ** 2 / (errors**2 / (np.array(sizes) - 1)).sum()
    half = stats.t.ppf(0.975, freedom) * math.sqrt(errors.sum())
    between = one.mean() - other.mean()
    assert estimate(one.tolist(), other.tolist()) == pytest.approx((between, between - half, between + half))


def test_seeds_that_agree_give_an_interval_without_width_and_one_seed_gives_none() -> None:
    assert estimate([1.0] * 5, [0.25] * 5) == (0.75, 0.75, 0.75)
    assert estimate([2.0, 2.0]) == (2, 2, 2)
    assert estimate([1.0], [0.0, 0.5]) == pytest.approx((0.75, LOST, LOST), nan_ok=True)
    assert estimate([2.0]) == pytest.approx((2, LOST, LOST), nan_ok=True)
    assert estimate([]) == pytest.approx((LOST, LOST, LOST), nan_ok=True)
    assert estimate([], [1.0, 2.0]) == pytest.approx((LOST, LOST, LOST), nan_ok=True)


def test_a_spread_that_is_hardly_more_than_rounding_has_an_interval() -> None:
    found = estimate([0.999, 0.999, 0.999 + 2e-16], [0.5, 0.5, 0.5])
    assert found.value == pytest.approx(0.499)
    assert found.high - found.low < 1e-12
