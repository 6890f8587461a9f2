"""Workers that train several seeds each by turns, as on a GPU: nothing is other than of one seed after the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from harness import records_in, registries_restored, without
from misbehaving import plugin, small_model

import bench.execution.processes
from bench.execution.executor import Failed, Finished, NotStarted, Resources, Tried, Validated
from bench.execution.job import Job, make_jobs
from bench.execution.processes import Processes, lanes_on
from bench.execution.run_store import RunStore
from bench.execution.serial import Serial
from bench.execution.try_store import TryStore
from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec

LENGTHS = {"train_lengths": (2, 3, 4), "eval_lengths": (3, 6)}
USUAL = {"steps": 6, "batch": 4, "examples": 8, "eval_every": 3, "patience": 0, "warmup": 2}
SPEC = Spec("copy", "gru", LENGTHS, {"hidden": 8, "dropout": 0.3}, **USUAL)
OTHER = replace(SPEC, model="elman", column="", model_settings={"hidden": 8})
PAIRS = [SPEC, OTHER]


@pytest.fixture(autouse=True)
def _as_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.execution.processes, "lanes_on", lambda _: 3)


def run(jobs: list[Job], out: Path, listen: Any = lambda event: None, at_once: int = 5, **given: Any) -> list[str]:
    return Processes(Resources("cpu", at_once, **given)).run(jobs, RunStore(out), listen)


def odd(folder: Path, *names: str, **deeds: str) -> list[Job]:
    """Return jobs of models that do something in training, and of some that do nothing."""
    file = plugin(folder, **deeds, **dict.fromkeys(names, "pass"))[1]
    specs = [replace(SPEC, model=name, column="", model_settings={}) for name in (*deeds, *names)]
    return make_jobs(specs, [0], Catalogue((file,)))


def test_a_worker_trains_several_on_a_gpu_alone() -> None:
    assert (lanes_on("cpu"), lanes_on("cuda:0")) == (1, bench.execution.processes.LANES)


@pytest.mark.slow
def test_records_are_those_of_one_after_the_other(tmp_path: Path) -> None:
    jobs, events = make_jobs(PAIRS, range(3), Catalogue()), list[Any]()
    assert Serial(Resources("cpu")).run(jobs, RunStore(tmp_path / "one"), lambda event: None) == []
    assert run(jobs, tmp_path / "many", events.append) == []
    one, many = records_in(tmp_path / "one"), records_in(tmp_path / "many")
    assert {record.get("seeds_at_once") for record in many.values()} <= {2, 3}
    told = [
        {name: without(record, "timing", "seeds_at_once") for name, record in found.items()} for found in (one, many)
    ]
    assert told[0] == told[1]
    finished = {event.job.file(event.seed): event.record for event in events if isinstance(event, Finished)}
    assert (len(events), finished) == (18, many)
    assert sum(isinstance(event, Validated) for event in events) == 12


@pytest.mark.slow
def test_tries_of_which_nothing_is_written_come_back() -> None:
    jobs, told = make_jobs(PAIRS, range(2), Catalogue()), list[Any]()
    alone = list[Any]()
    assert Processes(Resources("cpu", 4)).run(jobs, TryStore(), told.append) == []
    assert Serial(Resources("cpu")).run(jobs, TryStore(), alone.append) == []
    found, expected = (
        {(event.job.spec.model, event.seed): event.trial.score for event in events if isinstance(event, Tried)}
        for events in (told, alone)
    )
    assert len(found) == 4
    assert found == expected


@pytest.mark.slow
def test_one_that_fails_is_told_of_once_and_a_worker_that_dies_fails_its_own(tmp_path: Path) -> None:
    jobs, events = (
        odd(tmp_path, "first", "second", dies="os._exit(9)", fails="raise ArithmeticError('no luck')"),
        list[Any](),
    )
    with registries_restored():
        lines = run(jobs, tmp_path, events.append)
    died, failed = (jobs[number].name(0) for number in (0, 1))
    assert sorted(lines) == sorted(
        [f"{died}: a worker process died (out of memory?)", f"{failed}: ArithmeticError: no luck"]
    )
    assert sorted(event.job.spec.model for event in events if isinstance(event, Failed)) == ["dies", "fails"]
    assert sorted(record["spec"]["model"] for record in records_in(tmp_path).values()) == ["first", "second"]


@pytest.mark.slow
def test_a_length_that_cannot_be_evaluated_is_tried_as_often_as_by_one(tmp_path: Path) -> None:
    file, tried = tmp_path / "short.py", tmp_path / "tried"
    noted = f"int('too long' * os.write(os.open({str(tried)!r}, os.O_APPEND | os.O_CREAT | os.O_WRONLY), b'.'))"
    file.write_text(small_model("short", scores=f"self.readout(target_in if target_in.shape[1] < 6 else {noted})"))
    spec, events = replace(SPEC, model="short", column="", model_settings={}), list[Any]()
    with registries_restored():
        jobs = make_jobs([spec], range(2), Catalogue((file,)))
        expected = Serial(Resources("cpu")).run(jobs, RunStore(tmp_path / "one"), lambda event: None)
        by_one = len(tried.read_text())
        assert run(jobs, tmp_path / "many", events.append) == expected
    assert len(tried.read_text()) == 2 * by_one
    assert [type(event) for event in events if not isinstance(event, Validated)] == [Finished] * 2
    assert all(set(record["failed"]) == {"6"} for record in records_in(tmp_path / "many").values())


@pytest.mark.slow
def test_none_is_started_when_the_time_is_over(tmp_path: Path) -> None:
    events = list[Any]()
    assert run(make_jobs(PAIRS, range(3), Catalogue()), tmp_path, events.append, until=0.0) == []
    assert [type(event) for event in events] == [NotStarted] * 6


@pytest.mark.slow
def test_an_interrupt_ends_at_once_however_many_are_to_come(tmp_path: Path) -> None:
    """More than a pipe holds are still to be sent to the workers then."""

    def interrupt(event: Any) -> None:
        if isinstance(event, Finished):
            raise KeyboardInterrupt

    jobs = make_jobs(PAIRS, range(200), Catalogue())
    with pytest.raises(KeyboardInterrupt):
        run(jobs, tmp_path, interrupt)
    assert 1 <= len(records_in(tmp_path)) < 400
