"""Robust horizons of hand-made records: shares of seeds, the median and the worst seed, sets that are not there."""

from __future__ import annotations

import math
from typing import Any

import pytest
from harness import record, score
from scipy.stats import binomtest
from text_records import text_record

from bench.analysis.frame import group
from bench.analysis.robust import best_first, divided, median_seed, names, reached, robust
from bench.records.store import Record

LENGTHS = (3, 6, 40, 300)  # trained up to 3: at once, twice, thirteen and a hundred times
HOLDS, FALLS = dict.fromkeys(LENGTHS, 100), {3: 100, 6: 60, 40: 0, 300: 0}


def rows_of(*records: Record) -> dict[str, dict[Any, Any]]:
    return {row["model"]: row for row in robust(group(records)[0]).to_dict("records")}


def seeds_of(*rights: dict[int, int], **changes: Any) -> list[Record]:
    return [record(right, seed=seed, **changes) for seed, right in enumerate(rights)]


def sets(**rights: int) -> dict[str, Any]:
    return {kind: {"examples": 20, "right": right, "stopped_wrong": 0} for kind, right in rights.items()}


def test_seeds_that_hold_are_counted_where_the_mean_says_nothing() -> None:
    row = rows_of(*seeds_of(HOLDS, HOLDS, HOLDS, FALLS, FALLS))["gru"]
    assert [row[f"solved_{where}"] for where in ("inside", "2x", "10x", "100x")] == [1, 0.6, 0.6, 0.6]
    assert [row[f"length_{times}x"] for times in (2, 10, 100)] == [6, 40, 300]
    expected = binomtest(3, 5).proportion_ci(method="wilson")
    assert (row["solved_100x_low"], row["solved_100x_high"]) == pytest.approx((expected.low, expected.high))
    assert (row["median_horizon"], row["median_ratio"]) == (300, 100)
    assert (row["worst_horizon"], row["worst_ratio"]) == (3, 1)
    assert divided(row) == (3, "100x")
    assert not row["not_learnt"]


def test_the_median_seed_of_an_even_number_is_the_lower_one() -> None:
    row = rows_of(*seeds_of(HOLDS, FALLS))["gru"]
    assert (row["solved_100x"], row["median_horizon"], row["worst_horizon"]) == (0.5, 3, 3)
    assert median_seed([4.0, 1.0, 3.0, 2.0]) == 2


def test_what_the_median_seed_has_not_learnt_is_said_and_seeds_that_have_are_counted() -> None:
    fails = dict.fromkeys(LENGTHS, 50)
    few, most = seeds_of(HOLDS, fails, fails, model="few"), seeds_of(HOLDS, HOLDS, fails, model="most")
    found = rows_of(*few, *most)
    assert (found["few"]["not_learnt"], found["most"]["not_learnt"]) == (True, False)
    assert found["few"]["solved_inside"] == pytest.approx(1 / 3)
    assert found["few"]["median_horizon"] == 0
    assert divided(rows_of(*seeds_of(fails, fails))["gru"]) == (0, "")


def test_lengths_that_were_not_evaluated_are_not_guessed() -> None:
    row = rows_of(*seeds_of({3: 100, 5: 100, 70: 40}))["gru"]
    assert (row["length_2x"], row["solved_2x"]) == (70, 0)  # six is not evaluated: the next longer one is
    assert math.isnan(row["length_100x"])
    assert math.isnan(row["solved_100x"])
    assert reached([5, 6, 7], 6) == 6
    assert reached([5], 6) is None


def test_a_length_that_a_seed_lacks_counts_for_none() -> None:
    short = record({3: 100, 6: 100}, seed=1, failed={"40": "out of memory", "300": "out of memory"})
    row = rows_of(record(HOLDS), short)["gru"]
    assert (row["solved_2x"], row["median_horizon"], row["longest"]) == (1, 6, 6)
    assert math.isnan(row["length_10x"])


def test_skipped_lengths_are_not_solved() -> None:
    made = record({3: 100})
    made["by_length"] |= {"40": score(0, 32), "300": score(0, 32, rule="skipped", tokens=None, tokens_right=None)}
    row = rows_of(made)["gru"]
    assert (row["solved_100x"], row["median_horizon"]) == (0, 3)


def test_each_seed_is_judged_by_its_own_worst_kind() -> None:
    one = {str(length): sets(palindrome=20, one_symbol=20 if length < 40 else 3) for length in LENGTHS}
    two = {str(length): sets(palindrome=3, one_symbol=20) for length in LENGTHS}
    row = rows_of(record(HOLDS, adversarial=one), record(HOLDS, seed=1, adversarial=two))["gru"]
    assert [row[f"adversarial_solved_{where}"] for where in ("inside", "2x", "10x", "100x")] == [0.5, 0.5, 0, 0]
    assert (row["adversarial_median_horizon"], row["adversarial_worst_horizon"]) == (0, 0)
    assert (row["solved_100x"], row["adversarial_longest"]) == (1, 300)


def test_without_adversarial_sets_there_is_no_number_of_them() -> None:
    row = rows_of(record(HOLDS))["gru"]
    assert all(math.isnan(value) for name, value in row.items() if name.startswith("adversarial_"))
    assert (row["seconds"], row["parameters"], row["state"], row["edge"]) == (2.5, 1234, 64, 3)


def test_texts_have_no_row_and_an_empty_table_has_its_columns() -> None:
    found = robust(group([text_record({8: 1.5, 120_179: 1.0})])[0])
    assert found.empty
    assert list(found.columns) == names() == list(robust(group([record(HOLDS)])[0]).columns)


def test_families_are_ordered_by_seeds_solved_farthest_then_by_the_worst_seed_then_by_seconds() -> None:
    near = {3: 100, 6: 100, 40: 0, 300: 0}
    timing = record(HOLDS)["timing"]
    made = [
        *seeds_of(HOLDS, HOLDS, FALLS, model="some"),
        *seeds_of(HOLDS, HOLDS, HOLDS, model="all"),
        *seeds_of(HOLDS, HOLDS, HOLDS, model="quick", timing=timing | {"train_seconds": 1.0}),
        *seeds_of(near, near, near, model="near"),
        *seeds_of(dict.fromkeys(LENGTHS, 0), model="floor", timing=timing | {"train_seconds": 0.0}),
        *seeds_of(FALLS, model="falls"),
    ]
    ordered = best_first(robust(group(made)[0]))
    assert list(ordered["model"]) == ["quick", "all", "some", "near", "falls", "floor"]


def test_one_seed_of_one_shows_less_than_nineteen_of_twenty() -> None:
    many = [record(FALLS if seed == 7 else HOLDS, model="many", seed=seed) for seed in range(20)]
    rows = robust(group([*many, record(HOLDS, model="lucky"), record(FALLS, model="lost")])[0])
    assert best_first(rows)["model"].tolist() == ["many", "lucky", "lost"]


def test_of_families_whose_seeds_all_hold_the_one_that_holds_on_adversarial_sets_is_best() -> None:
    def made(model: str, right: int) -> Record:
        hard = {str(length): sets(a=right) for length in LENGTHS}
        return record(HOLDS, model=model, adversarial=hard)

    rows = robust(group([made("a soft", 10), made("b hard", 20)])[0])
    assert best_first(rows)["model"].tolist() == ["b hard", "a soft"]
