"""A run's time: no job is started once it is over, those that run end, and the rest is told and done by another run."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from harness import TINY, in_process, one_line, pretend, records_in

from bench.execution.executor import Finished, NotStarted, Resources, find_executor
from bench.execution.job import make_jobs
from bench.execution.run_store import RunStore
from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec

SPEC = Spec(
    "copy", "elman", {"train_lengths": (2, 3), "eval_lengths": (3, 4)}, {"hidden": 4}, steps=4, batch=4, examples=4
)
RUN = ("run", *TINY, "--tasks", "copy", "--models", "gru", "--seeds", 3)


@pytest.mark.parametrize("name", ["serial", "seeds", pytest.param("processes", marks=pytest.mark.slow)])
def test_none_is_started_when_the_time_is_over(name: str, tmp_path: Path) -> None:
    events: list[Any] = []
    jobs = make_jobs([SPEC], [0, 1, 2], Catalogue())
    assert (
        find_executor(name)(Resources("cpu", 2, 1, time.time() - 1)).run(jobs, RunStore(tmp_path), events.append) == []
    )
    assert sorted(event.seed for event in events if isinstance(event, NotStarted)) == [0, 1, 2]
    assert len(events) == 3
    assert records_in(tmp_path) == {}


def test_a_job_that_runs_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is over as soon as the first record is there."""
    store, events = RunStore(tmp_path), list[Any]()
    monkeypatch.setattr(Resources, "over", property(lambda _: store.records.is_dir()))
    jobs = make_jobs([SPEC], [0, 1, 2], Catalogue())
    find_executor("serial")(Resources()).run(jobs, store, events.append)
    assert [type(event) for event in events if isinstance(event, Finished | NotStarted)] == [
        Finished,
        NotStarted,
        NotStarted,
    ]
    assert len(records_in(tmp_path)) == 1


def test_a_run_says_how_many_it_left_and_another_does_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert in_process(capsys, *RUN, "--out", tmp_path, "--seeds", 1).code == 0
    left = in_process(capsys, *RUN, "--out", tmp_path, "--minutes", "1e-6")
    assert left.code == 0
    assert "0 jobs in " in left.out
    assert "2 jobs were not started, as the 1e-06 minutes were over: run again to go on\n" in left.out
    done = in_process(capsys, *RUN, "--out", tmp_path, "--minutes", 10)
    assert "not started" not in done.out
    assert len(records_in(tmp_path)) == 3


def test_minutes_are_more_than_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("0", "-1", "soon", "inf", "nan"):
        one_line(in_process(capsys, *RUN, "--out", tmp_path, "--minutes", text), "--minutes", "above 0", text)


def test_a_run_counts_from_its_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given: list[Resources] = []
    stand_in = pretend(monkeypatch)
    monkeypatch.setattr(
        "bench.execution.executor.find_executor", lambda name: lambda resources: given.append(resources) or stand_in
    )
    before = time.time()
    assert in_process(capsys, *RUN, "--out", tmp_path, "--minutes", "2.5").code == 0
    assert before + 150 <= given[-1].until <= time.time() + 150
    assert not given[-1].over
    assert Resources().until > given[-1].until
