"""Many hypotheses: Holm's procedure, Simes's test, and pairs before their cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from bench.analysis.multiplicity import holm, pairs_first, simes

LEVEL = 0.01
P_VALUES = st.lists(
    st.one_of(st.floats(0, 1), st.floats(0, 2 * LEVEL), st.sampled_from([0.0, 0.01, 0.025, 0.05, 1.0])), max_size=30
)


@given(P_VALUES, st.sampled_from([0.05, 0.5, LEVEL]))
def test_holm_is_its_own_definition(p_values: list[float], level: float) -> None:
    falls = [False] * len(p_values)
    for step, index in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        if p_values[index] > level / (len(p_values) - step):
            break
        falls[index] = True
    assert holm(np.array(p_values), level).tolist() == falls


def test_holm_stops_at_the_first_that_stands() -> None:
    assert holm(np.array([0.04, 0.012, 0.011, 0.03]), 0.05).tolist() == [False, True, True, False]
    assert holm(np.array([0.05]), 0.05).tolist() == [True]


@given(st.lists(P_VALUES.filter(len), max_size=5))
def test_simes_of_each_pair_lies_between_the_least_and_bonferroni(pairs: list[list[float]]) -> None:
    numbers = [2 * number for number, p_values in enumerate(pairs) for _ in p_values]
    found = simes(np.array([p for p_values in pairs for p in p_values]), np.array(numbers, dtype=int))
    assert len(found) == len(pairs)
    for p_values, each in zip(pairs, found, strict=True):
        assert min(p_values) * (1 - 1e-12) <= each <= len(p_values) * min(p_values)
        assert each == pytest.approx(min(len(p_values) * p / (rank + 1) for rank, p in enumerate(sorted(p_values))))


@given(P_VALUES, st.sampled_from([0.05, 0.5, LEVEL]))
def test_where_every_cell_is_a_pair_of_its_own_pairs_are_cells(p_values: list[float], level: float) -> None:
    found = np.array(p_values)
    assert np.array_equal(pairs_first(found, np.arange(len(found)), level), holm(found, level))


def test_cells_are_tested_in_pairs_that_fell_whatever_order_they_stand_in() -> None:
    pair = np.array([1, 0, 1, 0, 1, 2])
    p_values = np.array([0.0001, 0.004, 0.004, 0.5, 0.6, 0.02])
    assert pairs_first(p_values, pair, 0.0101).tolist() == [True, False, True, False, False, False]
    assert pairs_first(p_values, pair, 0.05).tolist() == [True, True, True, False, False, True]
    assert pairs_first(np.array([]), np.array([], dtype=int), 0.05).tolist() == []


def test_where_nothing_is_false_a_cell_falls_as_seldom_as_the_level_says() -> None:
    chance, suites, level = np.random.default_rng(0), 3000, 0.05
    pair = np.repeat(np.arange(44), 5)
    alarms = sum(bool(pairs_first(chance.random(220), pair, level).any()) for _ in range(suites))
    low, high = binomtest(alarms, suites).proportion_ci(0.999)
    assert low <= level <= high


def test_a_pair_that_all_cells_speak_against_falls_and_names_more_of_them_than_holm_would() -> None:
    p_values = np.concatenate([np.full(5, 0.0012), np.random.default_rng(0).random(735)])
    pair = np.concatenate([np.zeros(5, int), 1 + np.arange(735) // 17])
    assert not holm(p_values, 0.06).any()
    assert np.flatnonzero(pairs_first(p_values, pair, 0.06)).tolist() == [0, 1, 2, 3, 4]
