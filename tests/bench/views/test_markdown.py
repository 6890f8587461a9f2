"""The leaderboard's page."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import record
from run_tables import column, lines_of, tables
from scipy.stats import binomtest


def test_diverged_seeds_are_counted_and_shown(tmp_path: Path) -> None:
    made = [record({3: 90, 4: 50}, seed=0), record({3: 0, 4: 0}, seed=1, status="diverged")]
    lengths, board, page, _ = tables(tmp_path, *made)
    assert board[0]["diverged"] == "1"
    assert board[0]["seeds"] == "2"
    assert column(board, "inside") == [0.45]
    assert "| gru (diverged: 1) |" in page
    assert [row["diverged"] for row in lengths] == ["1", "1"]


def test_lengths_without_held_out_strings_are_marked(tmp_path: Path) -> None:
    made = record({2: 90, 3: 90, 4: 50})
    made["by_length"]["2"] |= {"unseen": False, "examples": 9, "right": 9}
    lengths, _, page, _ = tables(tmp_path, made)
    assert [row["unseen"] for row in lengths] == ["False", "True", "True"]
    assert column(lengths, "examples") == [9, 100, 100]
    assert "| model | 2† | **3** | 4 |" in page


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
    assert "5 validation points in a row" in page
    made["spec"]["patience"] = 0
    assert "Stopping rule: the last step of the budget." in tables(tmp_path, made)[2]


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


def test_eos_errors_and_token_errors_are_told_apart(tmp_path: Path) -> None:
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


def test_columns_are_those_of_the_metrics_that_the_records_have(tmp_path: Path) -> None:
    pages = {kind: tables(tmp_path / kind, record({3: 90, 4: 50}, kind=kind))[2] for kind in ("symbols", "stream")}
    assert "| solved at 2x | EOS error | token error | steps to 99 % |" in pages["symbols"]
    assert "| solved at 2x | steps to 99 % |" in pages["stream"]
    assert lines_of(pages["stream"], "gru")[2][1:] == ["90.0 / 81.0", "50.0 / 45.0"]
    assert "Exact match / token accuracy in percent by length (training lengths in bold):" in pages["stream"]


@pytest.mark.parametrize("steps", [0, 700])
def test_what_was_fitted_has_no_steps(steps: int, tmp_path: Path) -> None:
    _, _, page, _ = tables(tmp_path, record({3: 90, 4: 50}, steps=steps))
    assert lines_of(page, "gru")[0][9] == ("700 / 1,000" if steps else "fitted")


def test_page_says_how_it_comes_by_its_intervals(tmp_path: Path) -> None:
    page = tables(tmp_path, record({3: 90, 4: 50}))[2]
    for word in ("Wilson", "bootstrap", "*solved at 2x*", "*EOS error*", "*token error*", "99 %", "*state*", "*area*"):
        assert word in page
