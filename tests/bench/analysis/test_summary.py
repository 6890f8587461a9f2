"""One row of the leaderboard a pair: the parts that the recomputation of whole tables does not reach by itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from harness import record, score
from hypothesis import given
from hypothesis import strategies as st
from plain import wilson

from bench.analysis.frame import blocks, split_of
from bench.analysis.summary import bounded, first_solved, summaries, twice_length
from bench.records.store import Record


def same(one: Any, other: Any) -> bool:
    """Whether two values of a row are equal; NaN equals NaN."""
    return bool(one == other) or (isinstance(one, float) and math.isnan(one) and math.isnan(other))


def looked(exact: list[float | None], seed: int = 0, **changes: Any) -> Record:
    """Return a record whose looks, at steps 100, 200, ... and 1.5, 3, ... seconds, found these shares right."""
    curve = [{"step": 100 * n, "loss": 1.0, "exact": share} for n, share in enumerate(exact, 1)]
    timing = record({3: 1})["timing"] | {"look_seconds": [1.5 * n for n in range(1, len(exact) + 1)]}
    return record({3: 90, 4: 50}, seed=seed, curve=curve, timing=timing) | changes


def test_a_pair_is_summarised_alike_alone_and_among_others() -> None:
    groups = {
        ("copy", "a"): [record({3: 90 + seed, 4: 50 - seed}, seed=seed, model="a") for seed in range(3)],
        ("copy", "b"): [record({3: 100, 4: 7 * seed}, seed=seed, model="b") for seed in range(3)],
        ("copy", "one"): [record({3: 80, 4: 20}, model="one")],
        ("copy", "more"): [record({2: 10, 3: 80, 4: 20, 9: 3}, seed=seed, model="more") for seed in range(2)],
        ("copy", "other"): [record({3: 80, 4: 20}, seed=seed, model="other", inside=(3, 4)) for seed in range(3)],
    }
    assert sorted(len(found.pairs) for found in blocks(groups)) == [1, 1, 1, 2]
    together = {(row["task"], row["model"]): row for row in summaries(groups)}
    assert together.keys() == groups.keys()
    for pair, records in groups.items():
        (alone,) = summaries({pair: records})
        assert [name for name in alone if not same(alone[name], together[pair][name])] == []


def test_lengths_count_as_numbers_in_whatever_order_they_are_given() -> None:
    rights = {2: 5, 3: 100, 9: 99, 10: 95, 100: 20}
    forth, back = (
        summaries({("copy", "gru"): [record(order, seed=seed, inside=(3, 9)) for seed in range(2)]})
        for order in (rights, dict(reversed(rights.items())))
    )
    assert [name for name in forth[0] if not same(forth[0][name], back[0][name])] == []
    assert (forth[0]["l99"], forth[0]["l90"], forth[0]["l50"]) == (9, 10, 10)


@pytest.mark.parametrize(
    ("exact", "found"),
    [
        ([], None),
        ([0.5, 0.98, None], None),
        ([0.5, 0.99, 1.0], (200, 3.0)),
        ([None, 0.2, 1.0, 0.3], (300, 4.5)),  # what is lost again later was reached
        ([0.9899], None),
    ],
)
def test_the_first_look_with_99_percent_is_when_it_was_solved(
    exact: list[float | None], found: tuple[int, float] | None
) -> None:
    assert first_solved(looked(exact)) == found


def test_time_to_99_is_known_where_every_seed_came_there() -> None:
    both = [looked([0.2, 1.0]), looked([0.2, 0.3, 0.4, 1.0], seed=1)]
    (row,) = summaries({("copy", "gru"): both})
    assert (row["reached_99"], row["steps_to_99"], row["seconds_to_99"]) == (2, 300, 4.5)
    assert (row["steps_to_99_low"], row["steps_to_99_high"]) == (200, 400)
    (row,) = summaries({("copy", "gru"): [both[0], looked([0.2], seed=1)]})
    assert row["reached_99"] == 1
    assert all(math.isnan(row[f"{name}_to_99{end}"]) for name in ("steps", "seconds") for end in ("", "_low", "_high"))


def test_a_speed_that_one_seed_lacks_is_not_that_of_the_others() -> None:
    made = [looked([], tokens=1), looked([], seed=1)]
    made[1]["timing"]["tokens_per_second"] = None
    (row,) = summaries({("copy", "gru"): made})
    assert math.isnan(row["tokens_per_second"])
    assert math.isnan(row["tokens_per_second_high"])


@pytest.mark.parametrize(
    ("lengths", "inside", "twice"),
    [
        ([3, 6, 9], [3], 6),
        ([3, 4, 7], [3], 7),
        ([3, 5, 7], [3], 5),  # of two as near, the shorter
        ([3, 100], [3], 100),
        ([2, 3], [3], None),
        ([4, 6, 10], [5, 3], 10),
        ([6], [3], 6),
    ],
)
def test_the_length_near_twice_the_longest_trained(lengths: list[int], inside: list[int], twice: int | None) -> None:
    assert twice_length(lengths, inside) == twice


@given(st.integers(1, 30), st.lists(st.integers(1, 30), min_size=1, unique=True))
def test_every_length_is_in_one_split(length: int, inside: list[int]) -> None:
    trained, above = length in inside, not any(length <= n for n in inside)
    assert split_of(length, inside) == ("train" if trained else "beyond" if above else "shorter")


def test_solved_at_twice_looks_at_that_length_alone() -> None:
    rights = [{3: 100, 6: 99, 7: 0}, {3: 100, 6: 98, 7: 100}, {3: 50, 6: 100, 7: 0}]
    (row,) = summaries({("copy", "gru"): [record(right, seed=seed) for seed, right in enumerate(rights)]})
    assert (row["solve_rate"], row["solve_rate_2x"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert (row["solve_rate_2x_low"], row["solve_rate_2x_high"]) == pytest.approx(wilson(2, 3))


def test_each_length_counts_alike_however_many_strings_it_has() -> None:
    made = record({3: 0, 4: 0, 5: 0})
    made["by_length"] = {"3": score(100), "4": score(10, 10), "5": score(0, 1000, stopped_wrong=500)}
    (row,) = summaries({("copy", "gru"): [made]})
    assert (row["beyond"], row["stopped_wrong"], row["content_wrong"]) == (0.5, 0.25, 0.25)
    assert (row["beyond_low"], row["beyond_high"]) == pytest.approx(wilson(505, 1010))


@pytest.mark.parametrize("seeds", [6, 7])
def test_bounds_hold_an_estimate_that_no_resample_reaches(seeds: int) -> None:
    """Each seed fails at a length of its own: drawn twice it spoils the mean there, so only all together hold."""
    lengths = range(3, 3 + seeds)
    made = [
        record({n: 100 if n != 3 + seed else 100 - seeds for n in lengths}, seed=seed, inside=(3,))
        for seed in range(seeds)
    ]
    (row,) = summaries({("copy", "gru"): made})
    assert row["l99"] == max(lengths)
    assert row["l99_low"] < row["l99"] <= row["l99_high"]


def test_bounds_that_are_wide_enough_are_left_as_they_are() -> None:
    found = bounded("x", np.array([0.5, 0.5, 0.5]), (np.array([0.4, 0.6, np.nan]), np.array([0.6, 0.7, np.nan])))
    assert found["x"].tolist() == [0.5] * 3
    assert found["x_low"] == pytest.approx([0.4, 0.5, math.nan], nan_ok=True)
    assert found["x_high"] == pytest.approx([0.6, 0.7, math.nan], nan_ok=True)
