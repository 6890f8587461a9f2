"""A search whose tries Optuna proposes: how many, what is confirmed, workers that share a study, what is refused."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from harness import Outcome, in_process, one_line
from tries import SPACE, Inventor, short_recipes

from bench.spec.spec import Spec
from bench.studies.tuning.table import Try, read_tries

optuna = pytest.importorskip("optuna")


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    short_recipes(monkeypatch)


def share(spec: Spec, seed: int) -> float:
    """The wider and the nearer to a rate of 0.004, the better; the default recipe is the worst."""
    if spec.steps == 2:
        return 0.1
    return 0.5 + 0.04 * spec.model_settings["hidden"] - 10 * abs(spec.learning_rate - 4e-3)


@pytest.fixture
def inventor(monkeypatch: pytest.MonkeyPatch) -> Inventor:
    found = Inventor(share)
    monkeypatch.setattr("bench.execution.executor.find_executor", lambda name: lambda resources: found)
    return found


def tune(capsys: Any, table: Path, *options: object) -> Outcome:
    return in_process(capsys, "tune", "copy", "gru", "--table", table, "--device", "cpu", "--jobs", 2, *options)


def of_stage(tries: list[Try], stage: str) -> list[Try]:
    return [one for one in tries if one.stage == stage]


@pytest.mark.parametrize("sampler", ["tpe", "gp", "random"])
def test_a_sampler_tries_as_often_as_asked_within_the_space_and_its_best_is_confirmed(
    sampler: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], inventor: Inventor
) -> None:
    done = tune(capsys, tmp_path / "tries.csv", "--sampler", sampler, "--tries", 7)
    assert (done.code, done.err) == (0, "")
    assert f"1 pairs, {7 + 2 * SPACE.further} tries each, seeds 100 to 102" in done.out
    found = read_tries(tmp_path / "tries.csv")
    proposed, confirmed = of_stage(found, "sampled"), of_stage(found, "confirm")
    assert len(proposed) == 7
    assert all(1e-3 <= one.learning_rate <= 1e-2 and 4 <= one.hidden <= 8 for one in proposed)
    assert {(one.seed, one.steps) for one in proposed} == {(100, SPACE.steps)}
    winner = max(proposed, key=lambda one: one.score or 0)
    assert {(one.learning_rate, one.hidden) for one in confirmed} == {(winner.learning_rate, winner.hidden)}
    assert [one.seed for one in confirmed] == [one.seed for one in of_stage(found, "default")] == [101, 102]
    assert "tuned" in done.out
    assert max(map(len, inventor.rounds[1:4])) <= 2  # as many at once as there are jobs


def test_workers_that_share_a_study_make_its_tries_together_and_nothing_is_tried_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = ("--sampler", "tpe", "--storage", f"sqlite:///{tmp_path / 'study.db'}")
    workers = []
    for number, tries in enumerate((5, 8, 8)):
        worker = Inventor(share)
        monkeypatch.setattr("bench.execution.executor.find_executor", lambda name, it=worker: lambda resources: it)
        assert tune(capsys, tmp_path / f"{number}.csv", *shared, "--tries", tries).code == 0
        workers.append([spec for spec, seed in worker.trained if seed == 100])
    assert [len(each) for each in workers] == [5, 3, 0]
    tables = [of_stage(read_tries(tmp_path / f"{number}.csv"), "sampled") for number in (1, 2)]
    assert len(tables[0]) == 8  # those of the first worker with them
    assert tables[0] == tables[1]


def test_a_sampler_learns_from_what_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], inventor: Inventor
) -> None:
    assert tune(capsys, tmp_path / "tries.csv", "--sampler", "tpe", "--tries", 40, "--jobs", 1).code == 0
    rates = [spec.learning_rate for spec, seed in inventor.trained if seed == 100]
    early, late = ([abs(rate - 4e-3) for rate in part] for part in (rates[:10], rates[-10:]))
    assert sum(late) < sum(early)


def test_diverged_tries_count_and_are_never_the_best(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Inventor(lambda spec, seed: None if spec.learning_rate > 4e-3 and spec.steps > 2 else 0.5)
    monkeypatch.setattr("bench.execution.executor.find_executor", lambda name: lambda resources: worker)
    assert tune(capsys, tmp_path / "tries.csv", "--sampler", "random", "--tries", 6).code == 0
    found = read_tries(tmp_path / "tries.csv")
    assert len(of_stage(found, "sampled")) == 6
    assert "diverged" in {one.status for one in of_stage(found, "sampled")}
    assert all(one.learning_rate <= 4e-3 for one in of_stage(found, "confirm"))


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--sampler", "tpee"), "unknown sampler 'tpee'; choose from: gp, random, tpe"),
        (("--storage", "sqlite:///x.db"), "--storage is where a sampler's study is kept"),
        (("--sampler", "tpe", "--storage", "nonsense://x"), "the study cannot be kept in 'nonsense://x'"),
        (("--sampler", "tpe", "--tries", "0"), "--tries"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    options: tuple[str, ...], named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], inventor: Inventor
) -> None:
    one_line(tune(capsys, tmp_path / "tries.csv", *options), named)
    assert not inventor.trained


def test_a_library_that_is_missing_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    one_line(tune(capsys, tmp_path / "tries.csv", "--sampler", "tpe"), "pip install 'lengthwise[optuna]'")
