"""A run's folder: what is left to do, which weights lie there, and that no training is lost to its evaluation."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from harness import TINY, in_process, pretend, record_of, records_in, without

from bench.execution.executor import Failed, Finished, Resources
from bench.execution.job import Job, make_jobs
from bench.execution.run_store import RunStore
from bench.execution.serial import Serial
from bench.probes.samples import COUNT
from bench.probes.samples import sample as one_of
from bench.records.store import Record, pack_records, read_records, unevaluated, write_record
from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec
from bench.trial.build import build_task
from bench.trial.protocols import protocol_of
from bench.trial.trial import evaluate_trained

SETTINGS = {"train_lengths": (2, 3), "eval_lengths": (2, 3, 6)}
SPEC = Spec("copy", "gru", SETTINGS, {"hidden": 8}, steps=4, batch=8, examples=8, eval_every=2)
SHORT_TABLE = ("--models", "transformer", "--set", "model.positions=learned", "--set", "model.hidden=16")
FAULT = ("run", *TINY, "--tasks", "copy", *SHORT_TABLE, "--set", "task.eval_lengths=10,12,13,100")


def job_of(spec: Spec = SPEC, seed: int = 5, **changes: Any) -> Job:
    (job,) = make_jobs([spec], [seed], Catalogue())
    return replace(job, **changes)


def untimed(record: Record) -> Record:
    return without(record, "timing")


def test_every_record_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = make_jobs([SPEC, replace(SPEC, model="elman", column="")], [0, 1, 2], Catalogue())
    for job in jobs[:4]:
        write_record(tmp_path / "records", record_of(job))
    read, opened = Path.read_bytes, Counter[str]()

    def counted(self: Path) -> bytes:
        opened[self.name] += 1
        return read(self)

    monkeypatch.setattr(Path, "read_bytes", counted)
    survey = RunStore(tmp_path).survey(jobs)
    assert survey.pending == jobs[4:]
    assert [record["seed"] for record in survey.current] == [0, 0, 1, 1]
    assert opened == Counter(job.file(job.seeds[0]) for job in jobs[:4])


def test_a_job_is_left_with_the_seeds_that_have_no_record(tmp_path: Path) -> None:
    job = job_of(seeds=(0, 1, 2))
    write_record(tmp_path / "records", record_of(replace(job, seeds=(1,))))
    survey = RunStore(tmp_path).survey([job])
    assert [left.seeds for left in survey.pending] == [(0, 2)]
    assert len(survey.current) == 1


def test_weights_of_other_settings_or_damaged_ones_are_not_used(tmp_path: Path) -> None:
    store, job = RunStore(tmp_path), job_of(keep_weights=True)
    assert Serial(Resources()).run([job], store, lambda event: None) == []
    assert store.weights(job, 5, "cpu") is not None
    assert store.weights(job_of(replace(SPEC, examples=7)), 5, "cpu") is not None  # the evaluation alone differs
    assert store.weights(job_of(replace(SPEC, steps=5)), 5, "cpu") is None
    assert store.weights(replace(job, sources=replace(job.sources, task_version=9)), 5, "cpu") is None
    assert store.weights(job, 6, "cpu") is None
    assert store.finished(job, 5)
    path = store.checkpoint(job, 5)
    path.write_bytes(path.read_bytes()[:100])
    assert store.weights(job, 5, "cpu") is None
    path.unlink()
    assert not store.finished(job, 5)
    assert store.finished(replace(job, keep_weights=False), 5)


def test_weights_that_were_kept_answer_as_the_record_says(tmp_path: Path) -> None:
    store, job = RunStore(tmp_path), job_of(keep_weights=True)
    assert Serial(Resources()).run([job], store, lambda event: None) == []
    model, record = store.weights(job, 5, "cpu"), store.finished(job, 5)
    assert model is not None
    assert record is not None
    task = build_task(SPEC.task, SPEC.task_settings)
    scores = evaluate_trained(task, model, SPEC, "cpu").scores
    assert {str(length): score.tokens_right for length, score in scores.items()} == {
        length: score["tokens_right"] for length, score in record["by_length"].items()
    }
    for sample in record["samples"]:
        answers = protocol_of(task).answers(model, task, sample["length"], COUNT, "cpu")
        assert sample["written"] in [one_of(task, sample["length"], answer).written for answer in answers]


def test_a_checkpoint_holds_nothing_that_runs(tmp_path: Path) -> None:
    store, job = RunStore(tmp_path), job_of()
    store.checkpoint(job, 5).parent.mkdir()
    torch.save({"key": job, "weights": {}}, store.checkpoint(job, 5))  # a pickled object of ours
    assert store.weights(job, 5, "cpu") is None


@pytest.mark.parametrize("model", ["gru", "transformer", "majority"])
@pytest.mark.parametrize("keep", [False, True])
def test_a_training_whose_evaluation_fails_is_evaluated_again_and_not_trained_again(
    model: str, keep: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {} if model == "majority" else {"hidden": 8}
    job = job_of(replace(SPEC, model=model, model_settings=settings, column=""), keep_weights=keep)
    serial, undisturbed, disturbed = Serial(Resources()), RunStore(tmp_path / "one"), RunStore(tmp_path / "other")
    assert serial.run([job], undisturbed, lambda event: None) == []
    events: list[Any] = []
    with monkeypatch.context() as patch:
        patch.setattr("bench.trial.trial.evaluate_trained", lambda *_: 1 / 0)
        assert serial.run([job], disturbed, events.append) == [f"{job.name(5)}: ZeroDivisionError: division by zero"]
    assert isinstance(events[-1], Failed)
    with monkeypatch.context() as patch:
        if model != "majority":  # which is fitted at once
            patch.setattr("bench.trial.trial.trial_in_turns", lambda *_: pytest.fail("trained again"))
        assert serial.run([job], disturbed, events.append) == []
    assert isinstance(events[-1], Finished)
    made = [records_in(store.out)[job.file(5)] for store in (undisturbed, disturbed)]
    assert untimed(made[0]) == untimed(made[1])
    assert made[0]["curve"] == made[1]["curve"]
    assert not disturbed.unfinished(job, 5).parent.exists()
    assert disturbed.checkpoint(job, 5).is_file() == (keep and model != "majority")


@pytest.mark.slow
@pytest.mark.parametrize("keep", [(), ("--checkpoint",)])
def test_a_length_that_cannot_be_evaluated_is_said_and_the_others_stand(
    keep: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = (*FAULT, "--set", "model.longest=12", *keep, "--out", tmp_path)
    outcome = in_process(capsys, *asked)
    assert outcome.code == 1
    (line,) = outcome.err.splitlines()
    assert line.startswith("failed: copy(eval_lengths=10,12,13,100) transformer(")
    assert line.endswith(
        "seed 0: not evaluated at length 13, 100: "
        "ValueError: position 13 is past the learned table; set model.longest above 12"
    )
    assert "2 of 4 lengths not evaluated" in outcome.out
    (record,) = records_in(tmp_path).values()
    assert set(record["by_length"]) == {"10", "12"}
    assert set(record["failed"]) == {"13", "100"}
    assert "transformer" in (tmp_path / "leaderboard.md").read_text()
    monkeypatch.setattr("bench.trial.trial.trial_in_turns", lambda *_: pytest.fail("trained again"))
    again = in_process(capsys, *asked)
    assert (again.code, again.err) == (1, outcome.err)
    assert untimed(records_in(tmp_path)[next(iter(records_in(tmp_path)))]) == untimed(record)
    kept = tmp_path / ("checkpoints" if keep else "unfinished")
    for weights in kept.iterdir():
        weights.unlink()
    last = in_process(capsys, *asked) if not keep else again  # with nothing to evaluate once more
    assert (last.code, last.err) == (1, outcome.err)


def test_lengths_that_failed_are_a_line_of_each_record() -> None:
    record = record_of(job_of())
    assert unevaluated(record) == []
    record["failed"] = {"100": "too long", "20": "long"}
    assert unevaluated(record) == ["copy gru seed 5: not evaluated at length 20, 100: long"]


def packs_of_run(folder: Path, *records: Record) -> Path:
    """Write records as packs into a run's folder."""
    for each in records:
        write_record(folder / "loose", each)
    pack_records(folder / "loose", folder / "records")
    return folder / "records"


def test_packed_records_that_stand_are_done(tmp_path: Path) -> None:
    job = job_of(seeds=(0, 1, 2))
    packs_of_run(tmp_path, *(record_of(replace(job, seeds=(seed,))) for seed in (0, 2)))
    survey = RunStore(tmp_path).survey([job])
    assert [left.seeds for left in survey.pending] == [(1,)]
    assert [record["seed"] for record in survey.current] == [0, 2]
    assert survey.stale == {}
    assert RunStore(tmp_path).finished(job, 2) == survey.current[1]
    assert RunStore(tmp_path).finished(job, 1) is None


def test_stale_packed_records_are_set_aside_those_of_seeds_not_asked_for_too(tmp_path: Path) -> None:
    job, older = job_of(seeds=(0, 1)), {"key": "older", "sources": "older"}
    other = record_of(job_of(replace(SPEC, model="elman", column=""), seed=0)) | older
    made = [record_of(replace(job, seeds=(seed,))) | older for seed in (0, 1, 2)]
    folder, store = packs_of_run(tmp_path, other, *made), RunStore(tmp_path)
    survey = store.survey([job])
    assert [left.seeds for left in survey.pending] == [(0, 1)]
    assert store.set_aside(survey, [SPEC]) == 3
    assert [record["model"] for record in read_records(folder)[0]] == ["elman"]  # which is not trained now
    assert len(list((folder / "stale").iterdir())) == 3
    assert store.set_aside(survey, [SPEC]) == 0


def test_no_stale_packed_record_shows_once_the_file_before_it_is_moved(tmp_path: Path) -> None:
    job, older = job_of(seeds=(0,)), {"key": "older", "sources": "older"}
    made, store = record_of(job), RunStore(tmp_path)
    folder = packs_of_run(tmp_path, made | older)
    write_record(folder, made | older | {"steps": 3})
    assert store.set_aside(store.survey([job]), [SPEC]) == 2
    assert read_records(folder) == ([], [])


def test_a_packed_record_that_stands_behind_a_stale_file_is_not_trained_again(tmp_path: Path) -> None:
    job = job_of(seeds=(0,))
    made, store = record_of(job), RunStore(tmp_path)
    folder = packs_of_run(tmp_path, made)
    write_record(folder, made | {"key": "older", "sources": "older"})
    survey = store.survey([job])
    assert survey.pending == [job]
    assert store.set_aside(survey, [SPEC]) == 1
    assert store.finished(job, 0) == read_records(folder)[0][0]
    assert store.ended(job, 0) is not None


def test_a_run_goes_on_from_packs_and_its_records_count_before_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(monkeypatch)
    asked = ("run", "--suite", "smoke", "--tasks", "copy", "--models", "gru", "--out", tmp_path)
    assert in_process(capsys, *asked, "--seeds", 2).code == 0
    pack_records(tmp_path / "records", tmp_path / "records")
    assert "all 2 jobs have current records" in in_process(capsys, *asked, "--seeds", 2).out
    outcome = in_process(capsys, *asked, "--seeds", 3)
    assert outcome.code == 0, outcome.err
    assert "note" not in outcome.out
    assert sorted(path.name for path in (tmp_path / "records").iterdir()) == [
        "copy--gru--seed2.json",
        "copy--seed0.jsonl.gz",
        "copy--seed1.jsonl.gz",
    ]
    assert [made["seed"] for made in read_records(tmp_path / "records")[0]] == [0, 1, 2]
