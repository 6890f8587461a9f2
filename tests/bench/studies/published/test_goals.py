"""Goals beyond what is published: when one counts as reached, and committed records behind each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness import ROOT, record

from bench.records.store import read_records, write_record
from bench.spec.errors import WorkError
from bench.studies.published import goals as page
from bench.studies.published.goals import HEADINGS, Goal, every_goal, goals
from bench.views.charts.material import read_run
from bench.views.readme import Asked


def goal(**changes: Any) -> Goal:
    """A goal of two seeds, changed."""
    given = {"says": "copy far", "published": "none", "run": "full", "row": "copy", "length": 80, "seeds": 2}
    return Goal(**given | changes)


def line_of(
    tmp_path: Path, rights: list[tuple[int, int]], asked: Goal, **others: list[tuple[int, int]]
) -> dict[str, str]:
    """Return the line of a goal where a family's seeds are so many right of a hundred at 40 and at 80."""
    folder = tmp_path / "full" / "records"
    for model, seeds in {"gru": rights, **others}.items():
        for seed, (near, far) in enumerate(seeds):
            write_record(
                folder, record({10: 100, 40: near, 80: far}, inside=(10,), task="copy", model=model, seed=seed)
            )
    return dict(zip(HEADINGS, asked.line(read_run(tmp_path / "full")), strict=True))


@pytest.mark.parametrize(
    ("rights", "changes", "random", "verdict"),
    [
        ([(100, 100), (100, 99)], {}, "2/2", "reached"),
        ([(100, 100), (100, 98)], {}, "1/2", "short"),
        ([(100, 100), (100, 98)], {"length": 40}, "2/2", "reached"),
        ([(100, 100), (100, 100)], {"seeds": 3}, "2/2", "short"),  # too few to say so
        ([(100, 100), (100, 100)], {"length": 160}, "0/2", "short"),  # nobody looked so far
    ],
)
def test_a_goal_is_reached_where_enough_seeds_are_there_and_all_solve_its_length(
    tmp_path: Path, rights: list[tuple[int, int]], changes: dict[str, Any], random: str, verdict: str
) -> None:
    found = line_of(tmp_path, rights, goal(**changes))
    assert (found["random"], found["worst set"], found["verdict"]) == (random, "-", verdict)


def test_the_best_family_of_the_row_is_shown(tmp_path: Path) -> None:
    found = line_of(tmp_path, [(100, 50), (100, 60)], goal(), lstm=[(100, 100), (100, 100)])
    assert (found["family"], found["median horizon"], found["verdict"]) == ("`lstm`", "80", "reached")


def test_a_seed_that_fails_on_an_adversarial_set_fails_the_goal(tmp_path: Path) -> None:
    folder = tmp_path / "full" / "records"
    for seed, right in enumerate([4, 3]):
        made = record({10: 100, 80: 100}, inside=(10,), task="copy", model="gru", seed=seed)
        kinds = {"plain": {"examples": 4, "right": 4, "stopped_wrong": 0}}
        made["adversarial"] = {
            "10": kinds | {"worst": kinds["plain"]},
            "80": kinds | {"worst": {"examples": 4, "right": right, "stopped_wrong": 0}},
        }
        write_record(folder, made)
    found = dict(zip(HEADINGS, goal().line(read_run(tmp_path / "full")), strict=True))
    assert (found["random"], found["worst set"], found["verdict"]) == ("2/2", "1/2", "short")


def test_a_goal_without_a_run_says_so_and_a_row_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    assert goal(run="", row="").line(None)[-1] == "not run"
    with pytest.raises(WorkError, match=r"^no row 'reverse' in the run 'full'$"):
        line_of(tmp_path, [(100, 100)], goal(row="reverse"))


def test_the_block_counts_and_says_what_was_tried_for_those_that_are_short_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line_of(tmp_path / "results" / "baseline", [(100, 100), (100, 90)], goal())
    listed = [
        goal(tried="Much."),
        goal(length=40, tried="Nothing."),
        goal(says="more", run="", row="", tried="Little."),
    ]
    monkeypatch.setattr(page, "every_goal", lambda: listed)
    text = goals(Asked(tmp_path, tmp_path / "docs" / "a.md", "results/baseline", "", None, None, read_run))
    assert text.startswith("1 of 3 reached.\n")
    assert text.endswith("What was tried for the others:\n\n- copy far: Much.\n- more: Little.\n")


def test_every_goal_is_of_a_committed_row_and_what_is_not_reached_says_what_was_tried() -> None:
    runs = {each.run for each in every_goal()} - {""}
    found = {
        run: {made["task"] for made in read_records(ROOT / "results/baseline" / run / "records")[0]} for run in runs
    }
    for each in every_goal():
        assert each.row in found[each.run] if each.run else each.tried
