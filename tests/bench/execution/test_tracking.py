from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from harness import Pretender, in_process, record

from bench.execution.cell import Cell
from bench.execution.runner import Report
from bench.execution.tracking import Trackers, run_name
from bench.spec.spec import Spec

RUN = ("run", "--suite", "smoke", "--tasks", "copy", "--models", "gru,majority")
CELL = Cell(Spec("copy", "gru"), 0, 1, "sources")


class Scribe:
    """Stands for a tracker: writes down what it is told; `breaks`: the deed at which it raises."""

    def __init__(self, breaks: str = "") -> None:
        self.breaks = breaks
        self.told: list[tuple[Any, ...]] = []

    def __getattr__(self, deed: str) -> Any:
        def write_down(run: str, *told: Any, **named: Any) -> None:
            if deed == self.breaks:
                raise OSError("No space left on device\nat all")
            self.told.append((deed, run, *(part for part in told if part is not CELL), *named.values()))

        return write_down


def trackers_with(monkeypatch: pytest.MonkeyPatch, said: list[str], **kinds: Any) -> Trackers:
    """Return trackers of these kinds, which say what goes wrong to a list."""
    monkeypatch.setattr(
        "bench.execution.tracking.KINDS", {name: lambda out, kind=kind: kind for name, kind in kinds.items()}
    )
    return Trackers(kinds, Path("nowhere"), said.append)


def look(step: int, loss: float = 0.5, exact: float | None = 0.25) -> Report:
    return Report(CELL, "look", SimpleNamespace(step=step, loss=loss, exact=exact))


def done(**changes: Any) -> Report:
    return Report(CELL, "done", record({3: 80, 10: 40}, **changes))


def test_looks_that_never_came_are_told_from_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    scribe, said = Scribe(), list[str]()
    with trackers_with(monkeypatch, said, scribe=scribe) as trackers:
        trackers.listen(look(500, 1.5, 0.5))
        trackers.listen(done())
        trackers.listen(look(1000))  # a worker's messages and its result take different ways
    run = "copy/gru/seed0"
    assert run_name(CELL) == run
    assert scribe.told == [
        ("begin", run),
        ("look", run, 500, {"loss": 1.5, "held_out_exact_match": 0.5}),
        ("look", run, 1000, {"loss": 0.5, "held_out_exact_match": 1.0}),
        ("lengths", run, {3: 0.8, 10: 0.4}),
        ("end", run, False),
    ]
    assert said == []


def test_numbers_that_are_none_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    scribe = Scribe()
    with trackers_with(monkeypatch, [], scribe=scribe) as trackers:
        trackers.listen(look(10, math.nan, None))
        trackers.listen(look(20, math.inf, 0.0))
    assert [told[3] for told in scribe.told if told[0] == "look"] == [{}, {"held_out_exact_match": 0.0}]


@pytest.mark.parametrize("end", ["failed", "interrupted"])
def test_a_run_that_does_not_finish_is_closed_as_failed(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scribe = Scribe()
    with trackers_with(monkeypatch, [], scribe=scribe) as trackers:
        trackers.listen(look(10))
        if end == "failed":
            trackers.listen(Report(CELL, "failed", "no luck"))
            trackers.listen(look(20))
    assert [told[0] for told in scribe.told] == ["begin", "look", "end"]
    assert scribe.told[-1][-1] is True


def test_a_cell_whose_worker_died_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    scribe = Scribe()
    with trackers_with(monkeypatch, [], scribe=scribe) as trackers:
        for step in (500, 1000, 500, 1000):
            trackers.listen(look(step))
        trackers.listen(done())
    assert [told[0] for told in scribe.told] == "begin look look end begin look look lengths end".split()


@pytest.mark.parametrize("deed", ["begin", "look", "lengths", "end"])
def test_a_tracker_that_fails_is_left_out_in_one_line_and_the_other_goes_on(
    deed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, steady, said = Scribe(breaks=deed), Scribe(), list[str]()
    with trackers_with(monkeypatch, said, broken=broken, steady=steady) as trackers:
        for report in (look(500), look(1000), done()):
            trackers.listen(report)
    assert said == [
        "tracker broken failed and is left out from here on: OSError: No space left on device at all",
    ]
    assert [told[0] for told in steady.told] == "begin look look lengths end".split()
    assert len(broken.told) == [told[0] for told in steady.told].index(deed)


def test_without_the_option_there_is_no_tracker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[Path] = []
    monkeypatch.setattr("bench.execution.runner.run_cells", Pretender())
    monkeypatch.setattr("bench.execution.tracking.KINDS", dict.fromkeys(("tensorboard", "wandb"), made.append))
    assert in_process(capsys, *RUN, "--out", tmp_path).code == 0
    assert made == []
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"records"}


def test_a_whole_run_of_a_stand_in_reaches_the_tracker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scribe = Scribe()
    monkeypatch.setattr("bench.execution.runner.run_cells", stand_in := Pretender())
    monkeypatch.setattr("bench.execution.tracking.KINDS", {"tensorboard": lambda out: scribe})
    monkeypatch.setattr("bench.execution.trackers.importlib.util.find_spec", lambda name: name)
    both = ("--track", "tensorboard", "--track", "tensorboard")
    assert in_process(capsys, *RUN, *both, "--out", tmp_path).code == 0
    ends = [told[1] for told in scribe.told if told[0] == "end"]
    assert ends == [run_name(cell) for cell in stand_in.cells]
