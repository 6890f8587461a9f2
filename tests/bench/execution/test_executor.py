"""Executors: chosen by name, and every one keeps the same promises about seeds, records and failures."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from harness import ROOT, TINY, Pretender, in_process, one_line, pretend, records_in, registries_restored
from misbehaving import plugin

from bench.execution.executor import EXECUTORS, Failed, Finished, Resources, Validated, find_executor, register
from bench.execution.job import Job, each_seed, make_jobs
from bench.execution.run_store import RunStore
from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError
from bench.spec.spec import Spec
from bench.trial.streams import number

SPEC = Spec(
    "copy", "gru", {"train_lengths": (2, 3), "eval_lengths": (3, 4)}, {"hidden": 4}, steps=4, batch=4, examples=4
)


def test_jobs_come_seed_by_seed() -> None:
    other = replace(SPEC, model="elman", column="")
    jobs = make_jobs([SPEC, other], [3, 1], Catalogue(), keep_weights=True)
    assert [(job.spec, *job.seeds) for job in jobs] == [(SPEC, 3), (other, 3), (SPEC, 1), (other, 1)]
    assert all(job.keep_weights for job in jobs)
    assert len({job.key(*job.seeds) for job in jobs}) == 4
    assert [seed for _, seed in each_seed([replace(jobs[0], seeds=(7, 8)), jobs[1]])] == [7, 8, 3]


def test_every_executor_of_the_folder_is_found_by_name() -> None:
    for name in ("serial", "processes", "seeds"):
        assert type(find_executor(name)(Resources())).__name__.lower() == name
    assert {"serial", "processes", "seeds"} <= set(EXECUTORS)
    with pytest.raises(
        RequestError, match="unknown executor 'rays'; choose from: processes, ray, seeds, serial, slurm"
    ):
        find_executor("rays")


def test_an_executor_is_chosen_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("run", *TINY, "--tasks", "copy", "--models", "gru", "--out", tmp_path)
    one_line(in_process(capsys, *asked, "--executor", "rays"), "choose from: processes, ray, seeds, serial, slurm")
    stand_in, given = Pretender(), list[Resources]()
    monkeypatch.setattr("bench.execution.executor.EXECUTORS", dict(EXECUTORS))

    @register("cluster")
    def cluster(resources: Resources) -> Pretender:
        given.append(resources)
        return stand_in

    assert in_process(capsys, *asked, "--executor", "cluster", "--jobs", 7, "--threads", 2, "--seeds", 3).code == 0
    assert given == [Resources("cpu", 3, 2)]
    assert len(stand_in.jobs) == 3


@pytest.mark.parametrize(("jobs", "name"), [("1", "serial"), ("2", "processes")])
def test_by_default_the_number_of_jobs_chooses(
    jobs: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []
    stand_in = pretend(monkeypatch)
    monkeypatch.setattr(
        "bench.execution.executor.find_executor", lambda one: asked.append(one) or (lambda resources: stand_in)
    )
    run = ("run", *TINY, "--tasks", "copy", "--models", "gru", "--seeds", 3, "--jobs", jobs, "--out", tmp_path)
    assert in_process(capsys, *run).code == 0
    assert asked[-1] == name


def two_seeds(folder: Path) -> Job:
    """Return a job of two seeds of a plug-in's model that fails in training with the first of them."""
    drawn_by = number(0, "weights")
    deed = f"if __import__('torch').initial_seed() == {drawn_by}: raise ArithmeticError('no luck')"
    file = plugin(folder, bad=deed)[1]
    (job,) = make_jobs([replace(SPEC, model="bad", column="", model_settings={})], [0], Catalogue((file,)))
    return replace(job, seeds=(0, 1))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["serial", "processes", "seeds"])
def test_a_job_of_two_seeds_writes_two_records_and_one_that_fails_fails_alone(name: str, tmp_path: Path) -> None:
    events: list[Any] = []
    (job,) = make_jobs([SPEC], [0], Catalogue())
    good, bad = replace(job, seeds=(0, 1)), two_seeds(tmp_path)
    with registries_restored():
        failures = find_executor(name)(Resources("cpu", 2, 1)).run([good, bad], RunStore(tmp_path), events.append)
    assert failures == [f"{bad.name(0)}: ArithmeticError: no luck"]
    assert set(records_in(tmp_path)) == {good.file(0), good.file(1), bad.file(1)}
    told = {kind: {(e.job.spec.model, e.seed) for e in events if isinstance(e, kind)} for kind in (Finished, Failed)}
    assert told == {Finished: {("gru", 0), ("gru", 1), ("bad", 1)}, Failed: {("bad", 0)}}
    assert {e.seed for e in events if isinstance(e, Validated) and e.job.spec.model == "gru"} == {0, 1}


@pytest.mark.parametrize(("device", "cores", "jobs"), [("cpu", 16, 16), ("cuda:0", 16, 32), ("cuda:0", 2, 16)])
def test_jobs_at_once_by_default(
    device: str,
    cores: int,
    jobs: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given: list[Resources] = []
    stand_in = pretend(monkeypatch)
    monkeypatch.setattr(
        "bench.execution.executor.find_executor", lambda name: lambda resources: given.append(resources) or stand_in
    )
    monkeypatch.setattr("bench.checks.prepare.choose_device", lambda asked: device)
    monkeypatch.setattr("bench.commands.run.cores", lambda: cores)
    run = ("run", *TINY[:-2], "--tasks", "copy", "--models", "gru", "--seeds", 40, "--out", tmp_path)
    assert in_process(capsys, *run).code == 0
    assert given[-1] == Resources(device, jobs, 1)


def test_a_step_is_five_calls_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = list[str]()

    def noted(*_: object) -> None:
        found.extend(
            frame.name for frame in traceback.extract_stack() if ROOT / "bench" in Path(frame.filename).parents
        )
        raise ValueError("seen enough")

    monkeypatch.setattr("bench.trial.train.make_steps", lambda *_: noted)
    asked = ("run", *TINY, "--tasks", "copy", "--models", "gru", "--seeds", 1, "--out", tmp_path)
    assert "seen enough" in in_process(capsys, *asked).out
    calls = found[-6:]
    calls.remove("to_the_end")  # which goes on with the generator that a trial is
    assert calls == ["main", "run", "run", "trial_in_turns", "trained_in_turns"]
