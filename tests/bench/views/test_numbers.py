"""How numbers are written."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.views.numbers import amount, markdown_table, measured, percent, perplexity, reach, share, times_as_far


@given(st.floats(0, 1))
@example(0.9995)
@example(0.99949999)
@example(0.0005)
@example(math.nextafter(1, 0))
@example(math.nextafter(0, 1))
@example(0.0)
@example(1.0)
def test_percent_is_100_or_0_only_for_all_or_nothing(value: float) -> None:
    shown = percent(value)
    assert (shown == "100.0") == (value == 1)
    assert (shown == "0.0") == (value == 0)
    assert float(shown.removeprefix(">")) == pytest.approx(100 * value, abs=0.1)


@pytest.mark.parametrize(
    ("value", "shown"), [(0.5, "50.0"), (0.99951, ">99.9"), (0.0002, "0.02"), (math.nan, "-"), (math.inf, "inf")]
)
def test_percent_of_known_values(value: float, shown: str) -> None:
    assert percent(value) == shown


@pytest.mark.parametrize(
    ("length", "low", "high", "shown"),
    [
        (0, math.nan, math.nan, "-"),
        (10, math.nan, math.nan, "10 (1x)"),
        (15, math.nan, math.nan, "15 (1.5x)"),
        (100, math.nan, math.nan, ">= 100 (10x)"),
        (0, 0, 0, "-"),
        (10, 10, 10, "10 (1x)"),
        (100, 100, 100, ">= 100 (10x)"),
        (10, 0, 15, "10 (1x) [0, 15]"),
        (15, 10, 100, "15 (1.5x) [10, >= 100]"),
        (0, 0, 10, "- [0, 10]"),
    ],
)
def test_horizon_at_the_longest_evaluated_length_is_marked_as_open(
    length: int, low: float, high: float, shown: str
) -> None:
    assert reach(length, low, high, 10, 100) == shown


@pytest.mark.parametrize(
    ("value", "low", "high", "digits", "shown"),
    [
        (math.nan, math.nan, math.nan, 1, "-"),
        (1234.56, math.nan, math.nan, 1, "1,234.6"),
        (1234.56, 1000, 2000, 0, "1,235 [1,000, 2,000]"),
        (5, 5, 5, 0, "5"),
    ],
)
def test_amount_shows_an_interval_where_seeds_differ(
    value: float, low: float, high: float, digits: int, shown: str
) -> None:
    assert amount(value, low, high, digits) == shown


def test_share_without_a_value_is_a_dash() -> None:
    assert share(math.nan, math.nan, math.nan) == "-"
    assert share(0.5, 0.25, 0.75) == "50.0 [25.0, 75.0]"
    assert share(0.5, math.nan, math.nan) == "50.0"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1, "1.00"),
        (4.5678, "4.57"),
        (99.99, "99.99"),
        (182.34, "182.3"),
        (5e8, "5e+08"),
        (math.inf, "inf"),
        (math.nan, "-"),
    ],
)
def test_perplexities_have_the_digits_that_count(value: float, shown: str) -> None:
    assert perplexity(value) == shown


def test_nats_have_three_digits_and_a_bracket_where_seeds_differ() -> None:
    assert measured(1.5) == "1.500"
    assert measured(1.5, 1.25, 1.75) == "1.500 [1.250, 1.750]"
    assert measured(0.3, 0.1 + 0.2, 0.3) == "0.300"
    assert measured(math.nan, math.nan, math.nan) == "-"


def test_a_markdown_table_has_names_on_the_left_and_escapes_bars() -> None:
    made = markdown_table(("task", "right"), [["a|b", "1"], ["c", "2"]])
    assert made == "| task | right |\n| --- | ---: |\n| a\\|b | 1 |\n| c | 2 |\n"


@pytest.mark.parametrize(
    ("times", "shown"), [(0.05, "0.05x"), (4 / 3, "1.33x"), (100, "100x"), (1000, "1000x"), (999.9, "1000x")]
)
def test_multiples_are_written_out(times: float, shown: str) -> None:
    assert times_as_far(times) == shown
