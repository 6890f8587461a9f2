"""What trackers are told of a run, and that one that fails costs its own curve alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import in_process, pretend, record

from bench.execution.executor import Event, Failed, Finished, Validated
from bench.execution.job import Job, make_jobs
from bench.execution.trackers import Trackers, run_name
from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec
from bench.trial.train import ValidationPoint

RUN = ("run", "--suite", "smoke", "--tasks", "copy", "--models", "gru,majority")
(JOB,) = make_jobs([Spec("copy", "gru")], [0], Catalogue())
NAME = "copy/gru/seed0"
WHOLE = "begin step step length length end".split()


class Scribe:
    """Stands for a kind of tracker: writes down what each curve is told; `breaks`: the deed at which it raises."""

    def __init__(self, breaks: str = "") -> None:
        self.breaks = breaks
        self.told: list[tuple[Any, ...]] = []

    def write_down(self, deed: str, *told: Any) -> None:
        if deed == self.breaks:
            raise OSError("No space left on device\nat all")
        self.told.append((deed, *told))

    def __call__(self, out: Path, run: str, job: Job, seed: int) -> Any:
        scribe = self

        class Curve:
            def log(self, axis: str, place: int, values: Any) -> None:
                scribe.write_down(axis, run, place, values)

            def end(self, failed: bool) -> None:
                scribe.write_down("end", run, failed)

        self.write_down("begin", run)
        return Curve()

    @property
    def deeds(self) -> list[str]:
        return [told[0] for told in self.told]


@pytest.fixture
def tracked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Tell events to trackers of some kinds; return what these said about trackers that fail."""

    def tell(*events: Event, **kinds: Scribe) -> list[str]:
        said: list[str] = []
        monkeypatch.setattr("bench.execution.trackers.KINDS", kinds)
        with Trackers(kinds, Path("nowhere"), said.append) as trackers:
            for event in events:
                trackers.listen(event)
        return said

    return tell


def at(step: int, loss: float = 0.5, exact: float | None = 0.25) -> Validated:
    return Validated(JOB, 0, ValidationPoint(step, loss, exact, 1.0))


def done() -> Finished:
    return Finished(JOB, 0, record({3: 80, 10: 40}))


def test_points_that_never_came_are_told_from_the_record(tracked: Callable[..., list[str]]) -> None:
    scribe = Scribe()
    late = at(1000)  # a worker's messages and its result take different ways
    assert tracked(at(500, 1.5, 0.5), done(), late, scribe=scribe) == []
    assert run_name(JOB, 0) == NAME
    assert scribe.told == [
        ("begin", NAME),
        ("step", NAME, 500, {"loss": 1.5, "held_out_exact_match": 0.5}),
        ("step", NAME, 1000, {"loss": 0.5, "held_out_exact_match": 1.0}),
        ("length", NAME, 3, {"exact_match_by_length": 0.8}),
        ("length", NAME, 10, {"exact_match_by_length": 0.4}),
        ("end", NAME, False),
    ]


def test_numbers_that_are_none_are_left_out(tracked: Callable[..., list[str]]) -> None:
    scribe = Scribe()
    tracked(at(10, math.nan, None), at(20, math.inf, 0.0), scribe=scribe)
    assert [told[3] for told in scribe.told if told[0] == "step"] == [{}, {"held_out_exact_match": 0.0}]


@pytest.mark.parametrize("events", [[at(10), Failed(JOB, 0, "no luck"), at(20)], [at(10)]], ids=["failed", "stopped"])
def test_a_training_that_does_not_finish_is_closed_as_failed(
    events: list[Event], tracked: Callable[..., list[str]]
) -> None:
    scribe = Scribe()
    tracked(*events, scribe=scribe)
    assert scribe.deeds == ["begin", "step", "end"]
    assert scribe.told[-1][-1] is True


def test_a_training_whose_worker_died_begins_anew(tracked: Callable[..., list[str]]) -> None:
    scribe = Scribe()
    tracked(at(500), at(1000), at(500), at(1000), done(), scribe=scribe)
    assert scribe.deeds == ["begin", "step", "step", "end", *WHOLE]


@pytest.mark.parametrize("deed", ["begin", "step", "length", "end"])
def test_a_tracker_that_fails_is_left_out_in_one_line_and_the_other_goes_on(
    deed: str, tracked: Callable[..., list[str]]
) -> None:
    broken, steady = Scribe(breaks=deed), Scribe()
    said = tracked(at(500), at(1000), done(), broken=broken, steady=steady)
    assert said == [
        "tracker broken failed and is left out from here on: OSError: No space left on device at all",
    ]
    assert steady.deeds == WHOLE
    assert broken.deeds == WHOLE[: WHOLE.index(deed)] + ["end"] * (deed in ("step", "length"))  # nothing stays open


def test_without_the_option_there_is_no_tracker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scribe = Scribe()
    pretend(monkeypatch)
    monkeypatch.setattr("bench.execution.trackers.KINDS", dict.fromkeys(("tensorboard", "wandb"), scribe))
    assert in_process(capsys, *RUN, "--out", tmp_path).code == 0
    assert scribe.told == []
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"records"}


def test_a_whole_run_of_a_stand_in_reaches_the_tracker_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scribe, stand_in = Scribe(), pretend(monkeypatch)
    monkeypatch.setattr("bench.execution.trackers.KINDS", {"tensorboard": scribe})
    monkeypatch.setattr("bench.execution.trackers.importlib.util.find_spec", lambda name: name)
    both = ("--track", "tensorboard", "--track", "tensorboard")
    assert in_process(capsys, *RUN, *both, "--out", tmp_path).code == 0
    ends = [told[1] for told in scribe.told if told[0] == "end"]
    assert ends == [run_name(job, job.seeds[0]) for job in stand_in.jobs]
