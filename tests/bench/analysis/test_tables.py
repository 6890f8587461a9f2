from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from harness import record, score
from run_tables import FILES, column, tables
from scipy.stats import binomtest

from bench.records.store import write_record

BY_LENGTH = (
    "task,task_version,model,seeds,split,length,ratio,exact_match,low,high,token_accuracy,chance,examples".split(",")
)
LEADERBOARD = (
    "task,task_version,model,parameters,seeds,inside,beyond,l99,l90,l50,solve_rate,steps,seconds,device".split(",")
)


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


def test_task_without_lengths_beyond_training_has_tables(tmp_path: Path) -> None:
    _, board, page, _ = tables(tmp_path, record({3: 90}))
    assert board[0]["beyond"] == ""
    assert "| gru | 90.0 [82.6, 94.5] | - |" in page
    for name in ("beyond", "solve_rate_2x", "stopped_wrong", "content_wrong"):
        assert [board[0][f"{name}{end}"] for end in ("", "_low", "_high")] == ["", "", ""]


def test_nothing_wrong_in_content_is_exactly_nothing(tmp_path: Path) -> None:
    made = record({2: 8, 3: 100, 4: 50}, inside=(3,))
    made["by_length"]["2"] = score(8, examples=9, stopped_wrong=1)
    assert [row["content_wrong"] for row in tables(tmp_path, made)[0]] == ["0", "0", "0.5"]
