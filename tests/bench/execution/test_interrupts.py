from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from harness import SHORT, TINY, ended, living, record_of, records_in, started, wait_until
from misbehaving import plugin

from bench.execution.executor import Finished, Resources
from bench.execution.job import make_jobs
from bench.execution.run_store import RunStore
from bench.execution.serial import Serial
from bench.records.store import write_record
from bench.spec.catalogue import Catalogue
from bench.spec.errors import WorkError
from bench.spec.spec import Spec
from bench.trial.turns import Turns

RUN = ("run", *TINY, "--tasks", "copy", *SHORT)
COPY_GRU = Spec("copy", "gru")


def interrupted(process: Any, seconds: float = 60) -> str:
    """Press Ctrl-C, as a terminal does: the whole group hears it. Return what the run then said on standard error."""
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=seconds)
    assert process.returncode == 130
    wait_until(lambda: not living(process.pid), "every process of the run to end", 20)
    return str(err)


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.05, 0.2])
def test_control_c_while_the_workers_start_is_one_line(seconds: float, tmp_path: Path) -> None:
    process = started(*RUN, "--models", "elman,gru", "--jobs", 2, "--out", tmp_path)
    try:
        wait_until(lambda: len(living(process.pid)) > 2, "the first worker")  # beside it multiprocessing's own helper
        time.sleep(seconds)
        err = interrupted(process)
    finally:
        ended(process)
    assert err == "interrupted: what was finished is kept, run again to go on\n"
    assert not list((tmp_path / "records").iterdir())


@pytest.mark.slow
def test_control_c_does_not_wait_for_jobs_that_take_long(tmp_path: Path) -> None:
    told = tmp_path / "told"
    long = f"open({str(told)!r}, 'a').write('x'); time.sleep(600)"
    *options, models = plugin(tmp_path, one=long, other=long)
    process = started(*RUN, *options, f"majority,{models}", "--jobs", 2, "--out", tmp_path)
    try:
        wait_until(lambda: told.exists() and told.read_text() == "xx", "both long jobs")
        err = interrupted(process)
    finally:
        ended(process)
    assert err == "interrupted: what was finished is kept, run again to go on\n"
    assert [made["status"] for made in records_in(tmp_path).values()] == ["fitted"]


def test_a_job_that_another_run_finished_meanwhile_is_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = make_jobs([COPY_GRU], [0, 1, 2], Catalogue())
    trained: list[int] = []
    events: list[Any] = []

    def trial_in_turns(spec: Spec, seed: int, *rest: Any) -> Turns[int]:
        trained.append(seed)
        yield
        write_record(tmp_path / "records", record_of(jobs[1]))  # the other run is one job ahead
        return seed

    monkeypatch.setattr("bench.trial.trial.trial_in_turns", trial_in_turns)
    monkeypatch.setattr("bench.probes.probe.probe", lambda *_: None)
    monkeypatch.setattr("bench.execution.record.record_of", lambda job, *_: record_of(job))
    assert Serial(Resources()).run(jobs, RunStore(tmp_path), events.append) == []
    assert trained == [0, 2]
    assert [(type(event), event.record["seed"]) for event in events] == [(Finished, seed) for seed in (0, 1, 2)]


def test_a_stale_record_that_another_run_sets_aside_first_is_left_to_it(tmp_path: Path) -> None:
    jobs = make_jobs([COPY_GRU], [0], Catalogue())
    path = write_record(tmp_path / "records", record_of(jobs[0]) | {"key": "older", "sources": "older"})
    survey = RunStore(tmp_path).survey(jobs)
    assert [[each.path for each in found] for found in survey.stale.values()] == [[path]]
    path.unlink()  # moved by the other run
    assert RunStore(tmp_path).set_aside(survey, [COPY_GRU]) == 0


def test_a_file_where_stale_records_go_is_one_line(tmp_path: Path) -> None:
    jobs = make_jobs([COPY_GRU], [0], Catalogue())
    path = write_record(tmp_path / "records", record_of(jobs[0]) | {"key": "older", "sources": "older"})
    (tmp_path / "records" / "stale").write_text("mine")
    with pytest.raises(WorkError, match=r"cannot set .* aside: File exists"):
        RunStore(tmp_path).set_aside(RunStore(tmp_path).survey(jobs), [COPY_GRU])
    assert path.is_file()
    assert (tmp_path / "records" / "stale").read_text() == "mine"
