from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from harness import (
    SHORT,
    TINY,
    ended,
    in_process,
    in_subprocess,
    living,
    pretend,
    record,
    record_of,
    records_in,
    started,
    wait_until,
    without,
)
from misbehaving import plugin, said

from bench.execution.job import Job
from bench.records.store import Record, write_record

RUN = ("run", *TINY, "--tasks", "copy", *SHORT)
PAIRS = (*RUN, "--models", "elman,gru,majority", "--seeds", 2)


def judged(out: Path) -> dict[str, Record]:
    """Return a run's records but for what depends on the clock."""
    return {name: without(made, "timing") for name, made in records_in(out).items()}


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with one job, in a process of its own."""
    out = tmp_path_factory.mktemp("one")
    outcome = in_subprocess(*PAIRS, "--out", out)
    assert (outcome.code, outcome.err) == (0, "")
    return out


@pytest.mark.slow
def test_jobs_change_no_number(one_by_one: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = in_process(capsys, *PAIRS, "--jobs", 2, "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    assert len(judged(tmp_path)) == 6
    assert judged(tmp_path) == judged(one_by_one)
    assert (tmp_path / "by_length.csv").read_bytes() == (one_by_one / "by_length.csv").read_bytes()


@pytest.mark.slow
def test_one_seed_gives_one_result_and_two_seeds_give_two(
    one_by_one: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert in_process(capsys, *PAIRS, "--models", "gru", "--out", tmp_path).code == 0
    again, before = judged(tmp_path), judged(one_by_one)
    assert len(again) == 2
    assert again == {name: before[name] for name in again}
    first, second = again.values()
    assert first["curve"][-1]["loss"] != second["curve"][-1]["loss"]


@pytest.mark.slow
def test_second_run_trains_nothing_and_changes_no_byte(one_by_one: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (one_by_one / "records").iterdir()}
    outcome = in_process(capsys, *PAIRS, "--out", one_by_one)
    assert outcome.code == 0
    assert "all 6 jobs have current records: nothing to train" in outcome.out
    assert before == {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (one_by_one / "records").iterdir()}


@pytest.mark.slow
def test_record_tells_what_was_run(one_by_one: Path) -> None:
    for name, made in records_in(one_by_one).items():
        floor = made["model"].startswith("majority")
        assert made["status"] == ("fitted" if floor else "trained"), name
        assert made["steps"] == (0 if floor else 3)
        assert (made["train_lengths"], made["inside_lengths"], made["kind"]) == ([10], [10], "symbols")
        assert sorted(made["by_length"], key=int) == ["5", "10", "12"]
        assert all(score["examples"] == 8 for score in made["by_length"].values())
        assert made["by_length"]["5"]["chance"] == pytest.approx(3**-5)
        assert made["threads"] == 1
        assert {"python", "torch", "numpy"} <= set(made["versions"])


@pytest.mark.slow
def test_a_failing_job_is_reported_and_the_others_finish(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = plugin(tmp_path, raises="raise ArithmeticError('no luck\\ntoday')", steady="pass")
    outcome = in_process(capsys, *RUN, *bad, "--out", tmp_path)
    assert outcome.code == 1
    lines = said(outcome)
    assert len(lines) == 1
    assert " raises(steps=3" in lines[0]
    assert "ArithmeticError: no luck" in lines[0]
    assert [made["spec"]["model"] for made in records_in(tmp_path).values()] == ["steady"]
    assert "steady" in (tmp_path / "leaderboard.md").read_text()
    assert in_process(capsys, *RUN, *bad, "--out", tmp_path).code == 1  # what failed is tried again


@pytest.mark.slow
def test_only_failing_jobs_are_a_failure_without_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = plugin(tmp_path, raises="raise ArithmeticError('no luck')")
    outcome = in_process(capsys, *RUN, *bad, "--out", tmp_path)
    assert outcome.code == 1
    assert "ArithmeticError: no luck" in outcome.out + outcome.err
    assert all(line.startswith(("failed: ", "error: ")) for line in outcome.err.splitlines())


@pytest.mark.slow
def test_workers_that_die_even_with_a_lock_fail_their_jobs_and_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = "import bench.execution.processes as p; p._messages._wlock.acquire(); os._exit(9)"
    bad = plugin(tmp_path, dies="os._exit(9)", locks=lock, first="time.sleep(0.5)", second="pass")
    outcome = in_process(capsys, *RUN, *bad, "--set", "train.eval_every=1", "--jobs", 2, "--out", tmp_path)
    assert outcome.code == 1
    lines = said(outcome)
    assert [name in line for name, line in zip((" dies(", " locks("), lines, strict=True)] == [True, True]
    assert all("worker process died" in line for line in lines)
    assert {made["spec"]["model"] for made in records_in(tmp_path).values()} == {"first", "second"}


@pytest.mark.slow
@pytest.mark.parametrize("model", ["gru", "elman"])
def test_diverging_run_is_recorded_as_such(model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wild = ("--set", "train.learning_rate=1e30", "--set", "train.schedule=constant", "--set", "train.warmup=0")
    looks = ("--set", "train.eval_every=10", "--steps", 50)
    outcome = in_process(capsys, *RUN, "--models", model, *wild, *looks, "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    (made,) = records_in(tmp_path).values()
    assert made["status"] == "diverged"
    assert made["steps"] < 50
    assert made["curve"][-1]["loss"] is None
    assert all(score["right"] <= score["examples"] for score in made["by_length"].values())
    text = next((tmp_path / "records").glob("*.json")).read_text()
    assert json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in a record")) == made
    assert "(diverged: 1)" in (tmp_path / "leaderboard.md").read_text()
    assert "diverged" in outcome.out


def test_stale_records_are_set_aside_and_none_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(monkeypatch)
    asked = ("run", "--suite", "smoke", "--tasks", "copy", "--models", "gru", "--out", tmp_path)
    generations = []
    for steps in (1, 2):
        old = write_record(tmp_path / "records", record({3: 0, 4: 0}, steps=steps))
        generations.append(old.read_bytes())
        outcome = in_process(capsys, *asked)
        assert outcome.code == 0, outcome.err
        assert "1 records of other settings or code were set aside" in outcome.out
    kept = [path.read_bytes() for path in (tmp_path / "records" / "stale").iterdir()]
    assert sorted(kept) == sorted(generations)
    assert [made["key"] == "key" for made in records_in(tmp_path).values()] == [False]


def test_records_of_other_pairs_and_other_seeds_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in = pretend(monkeypatch)
    asked = ("run", "--suite", "smoke", "--tasks", "copy", "--models", "gru", "--out", tmp_path)
    other = write_record(tmp_path / "records", record({3: 1}, task="reverse", model="elman"))
    assert in_process(capsys, *asked, "--seeds", 3).code == 0
    before = {path: path.read_bytes() for path in (tmp_path / "records").iterdir()}
    (tmp_path / "records" / "copy--gru--seed1.json").unlink()
    assert in_process(capsys, *asked, "--seeds", "1,").code == 0
    assert [job.seeds[0] for job in stand_in.jobs] == [0, 1, 2, 1]
    assert {path: path.read_bytes() for path in (tmp_path / "records").iterdir()} == before
    assert other in before


def test_interrupt_between_jobs_keeps_what_was_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finished: list[Job] = []

    def interrupted(job: Job, outcome: Any, *rest: Any) -> Record:
        if finished:
            raise KeyboardInterrupt
        finished.append(job)
        return record_of(job)

    monkeypatch.setattr("bench.execution.record.record_of", interrupted)
    outcome = in_process(capsys, *PAIRS, "--out", tmp_path)
    assert outcome.code == 130
    assert len(outcome.err.splitlines()) == 1
    assert len(records_in(tmp_path)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_control_c_ends_the_run_in_one_line_and_leaves_no_process(jobs: int, tmp_path: Path) -> None:
    *options, models = plugin(tmp_path, endless="time.sleep(0.01)", another="time.sleep(0.01)")
    long = (*options, f"majority,{models}", "--steps", 1_000_000, "--set", "train.eval_every=20")
    process = started(*RUN, *long, "--jobs", jobs, "--out", tmp_path)
    try:
        wait_until(lambda: list((tmp_path / "records").glob("*.json")), "the first record")
        os.killpg(process.pid, signal.SIGINT)  # a terminal tells the whole group
        _, err = process.communicate(timeout=60)
    finally:
        ended(process)
    assert process.returncode == 130
    assert len(err.splitlines()) == 1, err
    assert "interrupted" in err
    wait_until(lambda: not living(process.pid), "every process of the run to end", 20)
    assert [made["status"] for made in records_in(tmp_path).values()] == ["fitted"]
    assert not list((tmp_path / "records").glob(".*"))
