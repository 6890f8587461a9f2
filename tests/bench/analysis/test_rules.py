"""Lengths that were judged on few strings, or on none: how tables count and show them."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import record, score
from run_tables import column, tables

from bench.analysis.frame import RULED, group, tidy
from bench.analysis.statistics import wilson
from bench.records.decode import checked
from bench.records.store import Record

LOST = {"rule": "lost"}
SKIPPED = {"rule": "skipped", "tokens": None, "tokens_right": None, "errors_at": [None]}


def lost(seed: int = 0) -> Record:
    """Return a record of a training that is lost at length 6, and was not judged at 8."""
    made = record({3: 100, 6: 0, 8: 0}, seed=seed)
    made["by_length"]["6"] = score(0, 32, **LOST)
    made["by_length"]["8"] = score(0, 32, **SKIPPED)
    return checked(made)


def test_a_skipped_length_counts_as_nothing_right_and_is_marked(tmp_path: Path) -> None:
    lengths, board, page, notes = tables(tmp_path, lost())
    assert notes == []
    assert column(lengths, "exact_match") == [1, 0, 0]
    assert column(lengths, "examples") == [100, 32, 32]
    assert column(lengths, "skipped") == [0, 0, 1]
    assert [row["token_accuracy"] for row in lengths][2] == ""
    assert column(board, "beyond") == [0]
    assert column(board, "l99") == [3]
    assert "‡ marks lengths that a seed was not judged at: nothing was right at two shorter ones" in page
    assert "| 0.0 | 0.0‡ |" in page
    assert "‡" not in tables(tmp_path / "other", record({3: 100, 6: 0}))[2]


def test_intervals_of_lengths_that_a_rule_ended_are_wider(tmp_path: Path) -> None:
    lengths = tables(tmp_path, lost())[0]
    for row in lengths[1:]:
        assert float(row["high"]) == pytest.approx(float(wilson(0, 32 * RULED)[1]), rel=1e-5)
    assert float(lengths[0]["low"]) == pytest.approx(float(wilson(100, 100)[0]), rel=1e-5)


def test_seeds_judged_on_different_numbers_of_strings_count_alike(tmp_path: Path) -> None:
    lengths, board, _, notes = tables(tmp_path, lost(0), record({3: 100, 6: 50, 8: 100}, seed=1))
    assert notes == []
    assert [float(row["exact_match"]) for row in lengths] == [1, 0.25, 0.5]
    assert column(lengths, "examples") == [100, 32, 32]
    assert column(board, "beyond") == [0.375]


def test_the_tidy_frame_has_what_was_judged() -> None:
    frame = tidy([lost()])
    exact = frame[frame["metric"] == "exact_match"]
    assert exact[["length", "numerator", "denominator"]].to_numpy().tolist() == [[3, 100, 100], [6, 0, 32], [8, 0, 32]]
    assert frame[frame["metric"] == "token_accuracy"]["length"].tolist() == [3, 6]
    assert group([lost()])[1] == []


@pytest.mark.parametrize(
    "changes", [{"rule": "skipped"}, {"rule": "skipped", "tokens": None}, {"tokens": None, "tokens_right": None}]
)
def test_tokens_are_absent_exactly_where_none_was_judged(changes: dict[str, object]) -> None:
    made = record({3: 100})
    made["by_length"]["3"] = score(0, 32, **changes)
    with pytest.raises(ValueError, match=r"by_length\.3: its values do not agree"):
        checked(made)
