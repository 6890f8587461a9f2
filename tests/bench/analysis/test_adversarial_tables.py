"""Adversarial sets in the tables, and seeds solved at ten times the longest training length."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from harness import record
from scipy.stats import binomtest

from bench.records.store import Record, write_record
from bench.views.tables import write_tables

LENGTHS_END = (
    "adversarial,adversarial_low,adversarial_high,adversarial_examples,adversarial_worst,adversarial_worst_match"
)
BOARD_END = (
    "adversarial,adversarial_low,adversarial_high,"
    "adversarial_l99,adversarial_l99_low,adversarial_l99_high,adversarial_l99_ratio,"
    "solve_rate_10x,solve_rate_10x_low,solve_rate_10x_high"
)
Rows = list[dict[str, str]]


def sets(**rights: int | tuple[int, int]) -> dict[str, dict[str, int]]:
    """Return the counts of some kinds, of 100 examples each or of as many as are told."""
    pairs = {kind: right if isinstance(right, tuple) else (right, 100) for kind, right in rights.items()}
    return {kind: {"examples": size, "right": right, "stopped_wrong": 0} for kind, (right, size) in pairs.items()}


def tables(folder: Path, *records: Record) -> tuple[Rows, Rows, str, list[str]]:
    """Write records and their tables -> rows of by_length.csv and of leaderboard.csv, the page, the notes."""
    for made in records:
        write_record(folder / "records", made)
    problems = write_tables(folder, "mine")[2]
    lengths, board = (
        list(csv.DictReader((folder / f"{name}.csv").read_text().splitlines())) for name in ("by_length", "leaderboard")
    )
    return lengths, board, (folder / "leaderboard.md").read_text(), problems


def attacked(seed: int, adversarial: dict[str, Any], model: str = "gru") -> Record:
    """Return a record whose random strings are all right."""
    return record(dict.fromkeys((3, 6, 15, 30), 100), seed=seed, model=model, adversarial=adversarial)


def test_new_columns_stand_at_the_end(tmp_path: Path) -> None:
    tables(tmp_path, record({3: 90, 4: 50}))
    for name, end in (("by_length", f"{LENGTHS_END},skipped"), ("leaderboard", BOARD_END)):
        assert (tmp_path / f"{name}.csv").read_text().splitlines()[0].endswith(f",{end}")


def test_records_without_sets_have_empty_columns_and_the_page_as_ever(tmp_path: Path) -> None:
    lengths, board, page, problems = tables(
        tmp_path, record({3: 90, 6: 50}), record({3: 9, 6: 5}, adversarial={}, seed=1)
    )
    assert problems == []
    assert board[0]["seeds"] == "2"
    assert {row[name] for row in lengths for name in LENGTHS_END.split(",")} == {""}
    assert {board[0][name] for name in BOARD_END.split(",")} == {""}
    assert "adversarial" not in page.lower()


def test_kinds_count_alike_whatever_their_examples(tmp_path: Path) -> None:
    made = [
        attacked(0, {"3": sets(one=100, two=(10, 20)), "15": sets(one=80)}),
        attacked(1, {"3": sets(one=90, two=(20, 20)), "15": sets(one=100)}),
    ]
    lengths, _, _, _ = tables(tmp_path, *made)
    first, second, third, _ = lengths
    assert float(first["adversarial"]) == pytest.approx((1 + 0.5 + 0.9 + 1) / 4)
    assert (first["adversarial_examples"], first["adversarial_worst"]) == ("120", "two")
    assert float(first["adversarial_worst_match"]) == pytest.approx(0.75)
    assert {second[name] for name in LENGTHS_END.split(",")} == {""}
    assert (third["adversarial"], third["adversarial_examples"], third["adversarial_worst"]) == ("0.9", "100", "one")
    pooled = binomtest(180, 200).proportion_ci(method="wilson")
    assert float(third["adversarial_low"]) == pytest.approx(min(pooled.low, 0.8), abs=1e-5)
    assert float(third["adversarial_high"]) == pytest.approx(max(pooled.high, 1.0), abs=1e-5)


def test_the_worst_of_kinds_that_are_alike_is_the_first_by_name(tmp_path: Path) -> None:
    lengths = tables(tmp_path, attacked(0, {"3": sets(zebra=5, ape=5, bear=6)}))[0]
    assert lengths[0]["adversarial_worst"] == "ape"


def test_beyond_training_each_length_counts_alike(tmp_path: Path) -> None:
    made = attacked(0, {"3": sets(one=0), "6": sets(one=100, two=100, three=100), "15": sets(one=50)})
    _, (row,), _, _ = tables(tmp_path, made)
    assert row["adversarial"] == "0.75"
    assert float(row["adversarial_low"]) < 0.75 < float(row["adversarial_high"])


def test_sets_inside_training_alone_give_no_mean_beyond_but_a_horizon(tmp_path: Path) -> None:
    _, (row,), _, _ = tables(tmp_path, attacked(0, {"3": sets(one=100)}))
    assert (row["adversarial"], row["adversarial_l99"], row["adversarial_l99_ratio"]) == ("", "3", "1")


def test_the_adversarial_horizon_is_that_of_the_mean_over_kinds_and_seeds(tmp_path: Path) -> None:
    made = [
        attacked(0, {"3": sets(a=100, b=100), "6": sets(a=100, b=98), "15": sets(a=100, b=95), "30": sets(a=100)}),
        attacked(1, {"3": sets(a=100, b=100), "6": sets(a=99, b=99), "15": sets(a=100, b=100), "30": sets(a=100)}),
    ]
    _, (row,), page, _ = tables(tmp_path, *made)
    assert (row["l99"], row["adversarial_l99"], row["adversarial_l99_ratio"]) == ("30", "6", "2")
    assert (row["adversarial_l99_low"], row["adversarial_l99_high"]) == ("6", "30")
    assert "| 6 (2x) [6, >= 30] |" in page


@pytest.mark.parametrize(
    ("lengths", "solved"),
    [
        ((3, 30), "1"),
        ((3, 15), "1"),  # five times: just far enough
        ((3, 14), ""),
        ((3,), ""),
        ((3, 29, 32), "1"),
        ((3, 29, 31), "1"),  # as near: the shorter counts
        ((3, 28, 31), "0"),
        ((3, 6, 100), ""),  # nearest is 6, which is not five times
    ],
)
def test_ten_times_is_the_nearest_length_that_is_at_least_five_times(
    lengths: tuple[int, ...], solved: str, tmp_path: Path
) -> None:
    """Training ends at 3; what holds at lengths up to 30 is lost at longer ones."""
    _, (row,), _, _ = tables(tmp_path, record({length: 100 if length <= 30 else 0 for length in lengths}))
    assert row["solve_rate_10x"] == solved


def test_seeds_solved_at_ten_times_are_counted_with_wilsons_interval(tmp_path: Path) -> None:
    made = [record({3: 100, 30: right}, seed=seed) for seed, right in enumerate((100, 99, 98, 0))]
    _, (row,), _, _ = tables(tmp_path, *made)
    known = binomtest(2, 4).proportion_ci(method="wilson")
    assert row["solve_rate_10x"] == "0.5"
    assert float(row["solve_rate_10x_low"]) == pytest.approx(known.low, abs=1e-5)
    assert float(row["solve_rate_10x_high"]) == pytest.approx(known.high, abs=1e-5)


def test_the_page_has_a_table_of_them_where_a_task_has_any(tmp_path: Path) -> None:
    made = [
        attacked(0, {"6": sets(a=100, b=100), "15": sets(a=100, b=40)}),
        attacked(0, {}, model="plain"),
        record({3: 90, 4: 50}, task="reverse"),
    ]
    page = tables(tmp_path, *made)[2]
    copied, reversed_ = page.split("## reverse")
    assert "Adversarial sets (a, b)" in copied
    assert "| model | adversarial | adversarial L99 | solved at 10x | worst kind at 15 |" in copied
    assert "| 6 (2x) | 100.0 [20.7, 100.0] | b 40.0 |" in copied
    assert "| plain | - | - | 100.0 [20.7, 100.0] | - |" in copied
    assert "dversarial" not in reversed_


def test_a_horizon_where_a_models_own_sets_end_is_marked_as_open(tmp_path: Path) -> None:
    made = [
        attacked(0, {"6": sets(a=100)}, model="short"),
        attacked(0, {"6": sets(a=100), "15": sets(a=0)}, model="long"),
    ]
    page = tables(tmp_path, *made)[2]
    assert "| >= 6 (2x) |" in page
    assert "| 6 (2x) |" in page


def test_seeds_judged_by_other_kinds_are_left_out_and_named(tmp_path: Path) -> None:
    made = [attacked(seed, {"6": sets(a=100)}) for seed in range(2)] + [attacked(2, {"6": sets(b=0)})]
    _, (row,), _, problems = tables(tmp_path, *made)
    assert (row["seeds"], row["adversarial"]) == ("2", "1")
    assert problems == ["copy gru: seeds [2] were made by other settings or code: left out"]
