from __future__ import annotations

import csv
import itertools
import math
from pathlib import Path
from typing import Any

import pytest
from harness import record, score
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import binomtest

from bench.analysis.tables import write_tables
from bench.records.store import Record, write_record
from bench.views.numbers import amount, percent, reach, share

BY_LENGTH = (
    "task,task_version,model,seeds,split,length,ratio,exact_match,low,high,token_accuracy,chance,examples".split(",")
)
LEADERBOARD = (
    "task,task_version,model,parameters,seeds,inside,beyond,l99,l90,l50,solve_rate,steps,seconds,device".split(",")
)
FILES = ("by_length.csv", "leaderboard.csv", "leaderboard.md")


def tables(folder: Path, *records: Record) -> tuple[list[dict[str, str]], list[dict[str, str]], str, list[str]]:
    """Write records and their tables -> rows of by_length.csv and of leaderboard.csv, the page, the notes."""
    for made in records:
        write_record(folder / "records", made)
    problems = write_tables(folder, "mine")[2]
    rows = [list(csv.DictReader((folder / name).read_text(encoding="utf-8").splitlines())) for name in FILES[:2]]
    return rows[0], rows[1], (folder / "leaderboard.md").read_text(), problems


def lines_of(page: str, model: str) -> list[list[str]]:
    """Return the cells of a model's lines: of the leaderboard, of the costs, of the accuracies by length."""
    lines = [line for line in page.splitlines() if line.startswith(f"| {model} ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def column(rows: list[dict[str, str]], name: str) -> list[float]:
    """Return a column of numbers."""
    return [float(row[name]) for row in rows]


def test_columns_are_those_that_programs_rely_on(tmp_path: Path) -> None:
    lengths, board, _, _ = tables(tmp_path, record({3: 90, 4: 50}))
    assert list(lengths[0])[: len(BY_LENGTH)] == BY_LENGTH
    assert "nrmse" in lengths[0]
    assert list(board[0])[: len(LEADERBOARD)] == LEADERBOARD


def test_numbers_by_length_are_the_pooled_counts(tmp_path: Path) -> None:
    rights = [{3: 100, 4: 90, 10: 20}, {3: 98, 4: 60, 10: 0}, {3: 100, 4: 75, 10: 4}]
    made = [record(right, seed=seed, inside=(3, 4)) for seed, right in enumerate(rights)]
    lengths, _, _, problems = tables(tmp_path, *made)
    assert problems == []
    assert column(lengths, "length") == [3, 4, 10]
    for row in lengths:
        right = [counts[int(row["length"])] for counts in rights]
        assert float(row["exact_match"]) == pytest.approx(sum(right) / 300, rel=1e-5)
        assert float(row["token_accuracy"]) == pytest.approx(9 * sum(right) / 3000, rel=1e-5)
        pooled = binomtest(sum(right), 300).proportion_ci(method="wilson")
        assert float(row["low"]) <= pooled.low + 1e-6
        assert float(row["high"]) >= pooled.high - 1e-6
        assert float(row["ratio"]) == pytest.approx(int(row["length"]) / 4)
        assert (row["task"], row["model"], row["seeds"], row["examples"]) == ("copy", "gru", "3", "100")
        assert (row["task_version"], row["nrmse"]) == ("1", "")


def test_split_follows_exactly_the_training_lengths(tmp_path: Path) -> None:
    made = record({2: 0, 3: 100, 4: 60, 5: 100, 6: 50, 7: 10}, inside=(3, 5))
    lengths, board, _, _ = tables(tmp_path, made)
    splits = {int(row["length"]): row["split"] for row in lengths}
    assert splits == {2: "shorter", 3: "train", 4: "shorter", 5: "train", 6: "beyond", 7: "beyond"}
    assert column(board, "inside") == [1.0]
    assert column(board, "beyond") == [pytest.approx((0.5 + 0.1) / 2)]  # the first length beyond counts too
    assert column(board, "shorter") == [pytest.approx((0 + 0.6) / 2)]


def test_lengths_are_sorted_as_numbers(tmp_path: Path) -> None:
    lengths, _, page, _ = tables(tmp_path, record({100: 1, 20: 2, 3: 90, 9: 3, 10: 4}))
    assert column(lengths, "length") == [3, 9, 10, 20, 100]
    assert "| **3** | 9 | 10 | 20 | 100 |" in page


def test_chance_is_beside_the_accuracy(tmp_path: Path) -> None:
    made = record({3: 90, 4: 50})
    made["by_length"] = {"3": score(90, chance=0.25), "4": score(50, chance=0.0625)}
    assert column(tables(tmp_path, made)[0], "chance") == [0.25, 0.0625]


def test_spread_is_over_seeds_and_their_number_is_shown(tmp_path: Path) -> None:
    agreeing = [record({3: 50, 4: 50}, seed=seed, model="steady") for seed in range(2)]
    apart = [record({3: 100 * seed, 4: 100 * seed}, seed=seed, model="torn") for seed in range(2)]
    lengths, board, _, _ = tables(tmp_path, *agreeing, *apart)
    width = {row["model"]: float(row["high"]) - float(row["low"]) for row in lengths}
    assert column(lengths, "exact_match") == [0.5] * 4
    assert width["torn"] > 0.9
    assert 0.1 < width["steady"] < 0.2
    for row in board:
        for split in ("inside", "beyond"):
            found = float(row[f"{split}_high"]) - float(row[f"{split}_low"])
            assert found == pytest.approx(width[row["model"]], abs=1e-5)
    assert [row["seeds"] for row in (*lengths, *board)] == ["2"] * 6


def test_solve_rate_counts_seeds_and_not_strings(tmp_path: Path) -> None:
    made = [record({3: right, 4: 0}, seed=seed) for seed, right in enumerate((100, 99, 98, 0))]
    _, board, page, _ = tables(tmp_path, *made)
    assert column(board, "solve_rate") == [0.5]
    known = binomtest(2, 4).proportion_ci(method="wilson")
    assert f" | 2/4 [{100 * known.low:.1f}, {100 * known.high:.1f}] | " in page
    assert column(board, "solve_rate_low") == [pytest.approx(known.low, abs=1e-5)]
    assert column(board, "solve_rate_2x") == [0]


def test_leaderboard_summarises_the_mean_curve(tmp_path: Path) -> None:
    rights = [{3: 100, 4: 98, 5: 98, 8: 70, 9: 40, 10: 90}, {3: 100, 4: 100, 5: 90, 8: 40, 9: 70, 10: 90}]
    timing = [record({3: 1})["timing"] | {"train_seconds": seconds} for seconds in (2.0, 5.0)]
    made = [
        record(right, seed=seed, steps=100 + 100 * seed, timing=timing[seed], parameters=77)
        for seed, right in enumerate(rights)
    ]
    _, (row,), page, _ = tables(tmp_path, *made)
    assert {name: int(row[name]) for name in ("l99", "l90", "l50")} == {"l99": 4, "l90": 5, "l50": 10}
    assert (row["parameters"], row["steps"], row["seeds"], row["device"]) == ("77", "150", "2", "cpu")
    assert float(row["seconds"]) == 3.5
    assert float(row["inside"]) == 1
    assert float(row["beyond"]) == pytest.approx((0.99 + 0.94 + 0.55 + 0.55 + 0.9) / 5)
    assert "| 4 (1.33x) [3, 4] | 5 (1.67x) | >= 10 (3.33x) [5, >= 10] |" in page  # each seed alone: 3 or 4, 5, 8 or 5
    assert " | 150 [100, 200] / 1,000 | 3.5 [2.0, 5.0] |" in page
    assert [float(row[f"l{level}_ratio"]) for level in (99, 90, 50)] == pytest.approx([4 / 3, 5 / 3, 10 / 3], rel=1e-5)


def test_order_within_a_task_is_best_beyond_first(tmp_path: Path) -> None:
    made = [
        record({3: 90, 4: 10}, model="c"),
        record({3: 90, 4: 50}, model="b"),
        record({3: 95, 4: 10}, model="a"),
        record({3: 95, 4: 10}, model="d"),
        record({3: 1, 4: 1}, task="addition", model="e"),
    ]
    assert [row["model"] for row in tables(tmp_path, *made)[1]] == ["e", "b", "a", "d", "c"]


def test_tables_are_pure_functions_of_records_whatever_their_files_are_called(tmp_path: Path) -> None:
    made = [
        record({3: 90 - seed, 4: 50 + seed}, task=task, model=model, seed=seed)
        for task, model, seed in itertools.product(("copy", "reverse"), ("gru", "lstm"), (0, 1, 2, 10))
    ]
    tables(tmp_path / "one", *made)
    tables(tmp_path / "other", *reversed(made))
    for index, path in enumerate(sorted((tmp_path / "other" / "records").iterdir())):
        path.rename(path.with_name(f"{97 * (index + 1) % 100:02}.json"))
    assert tables(tmp_path / "other")[3] == []
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_one_seed_in_two_files_counts_once(tmp_path: Path) -> None:
    made = record({3: 90, 4: 50})
    path = write_record(tmp_path / "records", made)
    path.with_name("copy of it.json").write_bytes(path.read_bytes())
    lengths, board, _, problems = tables(tmp_path)
    assert [row["seeds"] for row in (*lengths, *board)] == ["1"] * 3
    alone = binomtest(90, 100).proportion_ci(method="wilson")
    assert float(lengths[0]["low"]) == pytest.approx(alone.low, abs=1e-5)
    assert len(problems) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"sources": "other"},
        {"task_version": 2},
        {"evaluation_hash": "other"},
        {"spec": record({3: 1})["spec"] | {"steps": 7}},
    ],
    ids=lambda other: str(*other),
)
@pytest.mark.parametrize("odd", [0, 1, 2])
def test_seeds_of_other_makes_are_left_out_and_named(other: dict[str, Any], odd: int, tmp_path: Path) -> None:
    made = [record({3: 90, 4: 50}, seed=seed) for seed in range(3)]
    made[odd] = record({3: 0, 4: 0}, seed=odd) | other
    lengths, board, _, problems = tables(tmp_path, *made)
    assert column(lengths, "exact_match") == [0.9, 0.5]
    assert board[0]["seeds"] == "2"
    assert len(problems) == 1
    assert "copy gru" in problems[0]
    assert f"[{odd}]" in problems[0]


def test_diverged_seeds_are_counted_and_shown(tmp_path: Path) -> None:
    made = [record({3: 90, 4: 50}, seed=0), record({3: 0, 4: 0}, seed=1, status="diverged")]
    lengths, board, page, _ = tables(tmp_path, *made)
    assert board[0]["diverged"] == "1"
    assert board[0]["seeds"] == "2"
    assert column(board, "inside") == [0.45]
    assert "| gru (diverged: 1) |" in page
    assert [row["diverged"] for row in lengths] == ["1", "1"]


def test_values_show_their_error_and_one_that_overflowed_stays_empty(tmp_path: Path) -> None:
    made = [record({3: 90, 4: 50}, kind="values", seed=seed) for seed in range(2)]
    for seed, errors in enumerate(((0.02, 0.5), (0.04, None))):
        for length, error in zip("34", errors, strict=True):
            made[seed]["by_length"][length] |= {"nrmse": error, "next_step_nrmse": 0.01}
    lengths, _, page, _ = tables(tmp_path, *made)
    assert [row["nrmse"] for row in lengths] == ["0.03", ""]
    assert column(lengths, "next_step_nrmse") == [0.01, 0.01]
    assert "| gru | 3.0 | - |" in page
    assert [(row["nrmse_low"], row["nrmse_high"]) for row in lengths] == [("0.02", "0.04"), ("", "")]


def test_lengths_without_held_out_strings_are_marked(tmp_path: Path) -> None:
    made = record({2: 90, 3: 90, 4: 50})
    made["by_length"]["2"] |= {"unseen": False, "examples": 9, "right": 9}
    lengths, _, page, _ = tables(tmp_path, made)
    assert [row["unseen"] for row in lengths] == ["False", "True", "True"]
    assert column(lengths, "examples") == [9, 100, 100]
    assert "| model | 2† | **3** | 4 |" in page


def test_task_without_lengths_beyond_training_has_tables(tmp_path: Path) -> None:
    _, board, page, _ = tables(tmp_path, record({3: 90}))
    assert board[0]["beyond"] == ""
    assert "| gru | 90.0 [82.6, 94.5] | - |" in page
    for name in ("beyond", "solve_rate_2x", "stopped_wrong", "content_wrong"):
        assert [board[0][f"{name}{end}"] for end in ("", "_low", "_high")] == ["", "", ""]


@pytest.mark.parametrize("name", ["task", "model"])
def test_names_with_a_pipe_do_not_break_the_page(name: str, tmp_path: Path) -> None:
    _, _, page, _ = tables(tmp_path, record({3: 90, 4: 50}, **{name: "mine(kind=a|b)"}))
    blocks = [block.splitlines() for block in page.split("\n\n") if block.startswith("| model")]
    assert len(blocks) == 3  # the leaderboard, the costs, accuracy by length
    for lines in blocks:
        assert len({line.replace("\\|", "").count("|") for line in lines}) == 1


def test_page_says_suite_settings_training_lengths_and_stopping_rule(tmp_path: Path) -> None:
    made = record({3: 90, 5: 50}, inside=(3, 4))
    made["spec"] |= {"task_settings": {"symbols": 7}, "patience": 5}
    page = tables(tmp_path, made)[2]
    assert "suite `mine`" in page
    assert "symbols = 7" in page
    assert "Trained at lengths 3,4." in page
    assert "Stopping rule" in page
    assert "5 looks in a row" in page


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


@pytest.mark.parametrize("seeds", [1, 2, 3])
@pytest.mark.parametrize("lengths", [(3,), (3, 4), (3, 4, 5)])
def test_nothing_right_is_shown_as_nothing(seeds: int, lengths: tuple[int, ...], tmp_path: Path) -> None:
    made = [record(dict.fromkeys((*lengths, 10), 0), seed=seed, inside=lengths) for seed in range(seeds)]
    for one in made:
        for number in one["by_length"].values():
            number |= {"examples": 64}
    _, board, page, _ = tables(tmp_path, *made)
    for name in ("inside", "beyond", "solve_rate", "solve_rate_2x", "stopped_wrong"):
        assert (board[0][name], board[0][f"{name}_low"]) == ("0", "0")
        assert float(board[0][f"{name}_high"]) > 0
    assert (board[0]["content_wrong"], board[0]["content_wrong_high"]) == ("1", "1")
    first, costs, by_length = lines_of(page, "gru")
    assert all(cell.startswith("0.0 [0.0, ") for cell in (*first[1:3], costs[2], costs[3]))
    assert first[3:7] == ["-"] * 4
    assert first[7].startswith(f"0/{seeds} [0.0, ")
    assert by_length[1:] == ["0.0"] * (len(lengths) + 1)


def test_wrong_stops_and_wrong_content_are_told_apart(tmp_path: Path) -> None:
    made = record({3: 90, 4: 50, 5: 20})
    made["by_length"]["4"]["stopped_wrong"] = 30
    made["by_length"]["5"]["stopped_wrong"] = 10
    lengths, board, page, _ = tables(tmp_path, made)
    assert column(lengths, "stopped_wrong") == [0, 0.3, 0.1]
    assert [row["content_wrong"] for row in lengths] == ["0.1", "0.2", "0.7"]
    assert (board[0]["stopped_wrong"], board[0]["content_wrong"]) == ("0.2", "0.45")
    known = [binomtest(count, 200).proportion_ci(method="wilson") for count in (40, 90)]
    shown = [
        f"{100 * value:.1f} [{100 * one.low:.1f}, {100 * one.high:.1f}]"
        for value, one in zip((0.2, 0.45), known, strict=True)
    ]
    assert lines_of(page, "gru")[1][3:5] == shown


def test_nothing_wrong_in_content_is_exactly_nothing(tmp_path: Path) -> None:
    made = record({2: 8, 3: 100, 4: 50}, inside=(3,))
    made["by_length"]["2"] = score(8, examples=9, stopped_wrong=1)
    assert [row["content_wrong"] for row in tables(tmp_path, made)[0]] == ["0", "0", "0.5"]


def test_texts_name_no_wrong_stops(tmp_path: Path) -> None:
    _, _, page, _ = tables(tmp_path, record({3: 90, 4: 50}, kind="stream"))
    assert lines_of(page, "gru")[1][3:5] == ["-", "-"]
    assert lines_of(page, "gru")[2][1:] == ["90.0 / 81.0", "50.0 / 45.0"]


@pytest.mark.parametrize("steps", [0, 700])
def test_what_was_fitted_has_no_steps(steps: int, tmp_path: Path) -> None:
    _, _, page, _ = tables(tmp_path, record({3: 90, 4: 50}, steps=steps))
    assert lines_of(page, "gru")[0][9] == ("700 / 1,000" if steps else "fitted")


def test_page_says_how_it_comes_by_its_intervals(tmp_path: Path) -> None:
    page = tables(tmp_path, record({3: 90, 4: 50}))[2]
    for word in ("Wilson", "bootstrap", "solved at 2x", "stopped wrong", "content\nwrong", "99 %", "*state*", "*area*"):
        assert word in page
