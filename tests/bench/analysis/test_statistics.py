from __future__ import annotations

import itertools
import math
from collections import Counter
from statistics import stdev

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from plain import area, bootstrap, mean_bounds, mean_curve
from plain import horizon as plain_horizon
from plain import wilson as plain_wilson
from scipy.stats import binomtest

from bench.analysis.statistics import (
    ENUMERATED,
    area_over_log_length,
    horizon,
    horizon_interval,
    interval,
    over_seeds,
    resamples,
    spread,
    wilson,
)

COUNTS = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
SHARES = st.floats(0, 1, allow_subnormal=False)
CURVES = st.dictionaries(st.integers(1, 60), st.sampled_from([0.0, 0.4, 0.5, 0.9, 0.99, 1.0]), min_size=1, max_size=12)


@given(COUNTS, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
@example((0, 1), 0.95)
@example((512, 512), 0.95)
def test_wilson_is_scipys(count: tuple[int, int], level: float) -> None:
    low, high = wilson(*count, level)
    wanted = binomtest(*count).proportion_ci(level, method="wilson")
    assert (float(low), float(high)) == pytest.approx((wanted.low, wanted.high), abs=1e-12)
    assert plain_wilson(*count, level) == pytest.approx((wanted.low, wanted.high), abs=1e-7)


def test_wilson_ends_exactly_at_no_and_at_all_right() -> None:
    examples = np.arange(1, 5001)
    assert (wilson(0 * examples, examples)[0] == 0).all()
    assert (wilson(examples, examples)[1] == 1).all()


@given(COUNTS)
def test_wilson_is_as_wide_for_wrong_as_for_right(count: tuple[int, int]) -> None:
    right, examples = count
    low, high = wilson(right, examples)
    other_low, other_high = wilson(examples - right, examples)
    assert (float(low), float(high)) == pytest.approx((1 - other_high, 1 - other_low), abs=1e-12)
    assert low <= right / examples <= high
    assert low < high


def test_wilson_takes_many_counts_at_once() -> None:
    low, high = wilson([0, 5, 10], [10, 10, 10])
    for index, right in enumerate((0, 5, 10)):
        assert (low[index], high[index]) == wilson(right, 10)
    low, high = wilson([[0, 5], [10, 3]], [[10, 20], [30, 40]])
    assert (low[1, 0], high[0, 1]) == (wilson(10, 30)[0], wilson(5, 20)[1])


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9, 0.99])
def test_wilson_covers_the_truth_about_as_often_as_it_says(share: float) -> None:
    right = np.random.default_rng(0).binomial(512, share, size=20_000)
    low, high = wilson(right, np.full_like(right, 512))
    assert 0.93 < ((low <= share) & (share <= high)).mean() < 0.97


@given(st.lists(SHARES, min_size=2, max_size=5))
@example([0.0, 1.0])
@example([0.0, 0.0, 1.0])
def test_spread_over_seeds_weighs_every_resample(values: list[float]) -> None:
    weights: Counter[float] = Counter()
    for counts in itertools.product(range(len(values) + 1), repeat=len(values)):
        if sum(counts) == len(values):
            ways = math.factorial(len(values)) // math.prod(map(math.factorial, counts))
            weights[sum(count * value for count, value in zip(counts, values, strict=True)) / len(values)] += ways
    means = np.sort(np.repeat(list(weights), list(weights.values())))
    assert len(means) == len(values) ** len(values)
    for bound, level in zip(over_seeds(values), (0.025, 0.975), strict=True):
        rank = level * (len(means) - 1)
        assert means[math.floor(rank)] - 1e-9 <= bound <= means[math.ceil(rank)] + 1e-9


@pytest.mark.parametrize("values", [[], [0.5], [1.0]])
def test_one_seed_has_no_spread(values: list[float]) -> None:
    assert np.isnan(over_seeds(values)).all()
    assert np.isnan(spread(values))
    assert np.isnan(over_seeds([values, values])).tolist() == [[True, True]] * 2


@given(st.integers(1, 4).flatmap(lambda seeds: st.lists(st.lists(SHARES, min_size=seeds, max_size=seeds), min_size=1)))
def test_every_cell_has_the_interval_and_spread_that_it_has_alone(cells: list[list[float]]) -> None:
    low, high = over_seeds(cells)
    deviations = spread(cells)
    for index, values in enumerate(cells):
        wanted = mean_bounds(values) or (math.nan, math.nan)
        assert (low[index], high[index]) == pytest.approx(wanted, abs=1e-9, nan_ok=True)
        assert deviations[index] == pytest.approx(stdev(values) if len(values) > 1 else math.nan, abs=1e-9, nan_ok=True)


def test_resampling_in_parts_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = np.random.default_rng(3).random((7, 2, 5))
    whole = over_seeds(cells)
    monkeypatch.setattr("bench.analysis.statistics.AT_ONCE", 300)
    assert np.array_equal(whole, over_seeds(cells))
    assert whole[0].shape == (7, 2)


@pytest.mark.parametrize("seeds", [2, 3, ENUMERATED, ENUMERATED + 1, 10])
def test_resamples_are_shares_with_probabilities(seeds: int) -> None:
    shares, weights = resamples(seeds)
    assert shares.sum(1) == pytest.approx(np.ones(len(shares)))
    assert weights.sum() == pytest.approx(1)
    assert weights @ shares == pytest.approx(np.full(seeds, 1 / seeds), abs=0.02)
    assert np.allclose(np.round(shares * seeds), shares * seeds)


@pytest.mark.parametrize("seeds", [2, 3, 5, 6, 10])
def test_spread_over_seeds_needs_no_luck_and_grows_with_the_seeds_differences(seeds: int) -> None:
    values = list(np.linspace(0, 1, seeds))
    low, high = over_seeds(values)
    assert (low, high) == over_seeds(values)
    assert 0 <= low < 0.5 < high <= 1
    closer = over_seeds([0.5 + (value - 0.5) / 10 for value in values])
    assert closer[1] - closer[0] == pytest.approx((high - low) / 10)
    assert over_seeds([0.7] * seeds) == pytest.approx((0.7, 0.7))


def test_spread_over_many_seeds_is_near_the_normal_one() -> None:
    values = np.random.default_rng(1).normal(0.5, 0.1, size=40)
    half = 1.96 * values.std() / math.sqrt(len(values))
    assert over_seeds(list(values)) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.004)


@given(st.lists(COUNTS, min_size=1, max_size=4))
def test_interval_holds_the_pooled_accuracy_and_both_its_parts(counts: list[tuple[int, int]]) -> None:
    right, examples = (list(part) for part in zip(*counts, strict=True))
    low, high = interval(right, examples)
    pooled = wilson(sum(right), sum(examples))
    assert 0 <= low <= sum(right) / sum(examples) <= high <= 1
    assert low <= pooled[0]
    assert pooled[1] <= high
    seeds = over_seeds([r / n for r, n in counts])
    assert len(counts) == 1 or (low <= seeds[0] and seeds[1] <= high)
    assert low in (pooled[0], seeds[0])
    assert high in (pooled[1], seeds[1])


def test_interval_of_seeds_that_disagree_spans_them() -> None:
    low, high = interval([0, 512], [512, 512])
    assert low < 0.05
    assert high > 0.95
    assert interval([256, 256], [512, 512]) == pytest.approx(tuple(map(float, wilson(512, 1024))))


def test_interval_of_one_seed_is_wilsons() -> None:
    assert interval([7], [10]) == pytest.approx(tuple(map(float, wilson(7, 10))))


@given(CURVES, st.lists(st.integers(1, 60), min_size=1, max_size=4), st.sampled_from([0.5, 0.9, 0.99]))
@example({5: 0.0, 10: 1.0, 11: 1.0, 12: 0.5, 13: 1.0}, [10], 0.99)
@example({10: 0.98}, [10], 0.99)
@example({4: 1.0}, [10], 0.99)
def test_horizon_is_the_last_length_before_the_first_fall(
    curve: dict[int, float], inside: list[int], level: float
) -> None:
    found = 0
    for length in range(min(inside), 61):
        if length in curve and all(curve[n] >= level for n in range(min(inside), length + 1) if n in curve):
            found = length
    lengths = sorted(curve)
    assert horizon([curve[length] for length in lengths], lengths, inside, level) == found
    assert plain_horizon(curve, min(inside), level) == found


@pytest.mark.parametrize(
    ("curve", "reached"),
    [
        ({9: 0.0, 10: 1.0, 11: 1.0}, 11),  # shorter than training does not count against
        ({9: 1.0, 10: 0.0, 11: 1.0}, 0),  # nor for
        ({10: 1.0, 11: 0.0, 12: 1.0}, 10),  # what comes back does not count
        ({10: 1.0, 11: 1.0, 20: 0.9, 100: 1.0}, 11),
        ({10: 0.99}, 10),  # at the level is enough
        ({10: (0.98 + 1.0) / 2}, 10),  # whatever rounding does to it
        ({10: 0.9899}, 0),
    ],
)
def test_horizon_of_known_curves(curve: dict[int, float], reached: int) -> None:
    assert horizon(list(curve.values()), list(curve), [10, 11], 0.99) == reached


def test_horizons_of_many_curves_are_those_of_each() -> None:
    lengths, inside = [2, 3, 5, 8, 13], [3, 5]
    curves = np.random.default_rng(0).choice([0.5, 0.9, 0.99, 1.0], p=[0.1, 0.2, 0.3, 0.4], size=(40, 2, 5))
    found = horizon(curves, lengths, inside, 0.9)
    assert found.shape == (40, 2)
    assert set(found.ravel()) == {0, 3, 5, 8, 13}
    for place in np.ndindex(40, 2):
        assert found[place] == plain_horizon(dict(zip(lengths, curves[place], strict=True)), 3, 0.9)


@given(
    st.integers(1, 4).flatmap(
        lambda seeds: st.lists(
            st.lists(st.sampled_from([0.0, 0.5, 0.97, 0.99, 1.0]), min_size=4, max_size=4),
            min_size=seeds,
            max_size=seeds,
        )
    )
)
@example([[1.0, 1.0, 1.0, 0.0], [1.0, 0.97, 1.0, 1.0], [1.0, 1.0, 0.97, 1.0]])
def test_interval_of_a_horizon_is_that_of_the_resampled_mean_curve(curves: list[list[float]]) -> None:
    lengths, inside = [2, 3, 4, 9], [3]
    by_length = [dict(zip(lengths, curve, strict=True)) for curve in curves]
    wanted = bootstrap(by_length, lambda chosen: plain_horizon(mean_curve(chosen), 3, 0.98)) or (math.nan, math.nan)
    found = horizon_interval(np.array([curves, curves]), lengths, inside, 0.98)
    assert [float(end[1]) for end in found] == pytest.approx(list(wanted), nan_ok=True)


@given(CURVES)
def test_area_is_the_mean_over_log_length(curve: dict[int, float]) -> None:
    lengths = sorted(curve)
    found = area_over_log_length([curve[length] for length in lengths], lengths)
    assert 0 <= found <= 1 + 1e-12
    assert found == pytest.approx(area(curve), abs=1e-12)
    if len(lengths) == 1:
        assert found == curve[lengths[0]]
        return
    grid = np.linspace(math.log(lengths[0]), math.log(lengths[-1]), 50_001)
    dense = np.interp(grid, np.log(lengths), [curve[length] for length in lengths])
    assert found == pytest.approx(dense.mean(), abs=1e-3)


def test_areas_of_many_curves_are_those_of_each() -> None:
    lengths, curves = [2, 4, 100], np.random.default_rng(0).random((5, 3, 3))
    found = area_over_log_length(curves, lengths)
    assert found.shape == (5, 3)
    for place in np.ndindex(5, 3):
        assert found[place] == pytest.approx(area(dict(zip(lengths, curves[place], strict=True))))


def test_an_area_needs_no_function_that_numpy_has_only_since_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(np, "trapezoid", raising=False)
    assert area_over_log_length([1.0, 0.5, 0.0], [1, 2, 4]) == pytest.approx(0.5)
