from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import SHORT, TINY, in_process, in_subprocess, records_in

from bench.execution.job import Job, make_jobs
from bench.execution.trackers import run_name
from bench.records.store import Record
from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec

RUN = ("run", *TINY, "--tasks", "copy", "--models", "gru,majority", *SHORT, "--set", "train.eval_every=1")
STAND_IN = """
import json, os
calls = []

class Settings(dict):
    pass

class Run:
    def __init__(self, name):
        self.name = name

    def __getattr__(self, method):
        return lambda *given, **named: calls.append([method, self.name, list(given), named])

def init(*, name, **named):
    named["environment"] = os.environ["WANDB_MODE"]
    calls.append(["init", name, [], named])
    return Run(name)
"""


def job_of(made: Record) -> tuple[Job, int]:
    """Return the job and the seed that a record is of."""
    (job,) = make_jobs([Spec(**made["spec"])], [made["seed"]], Catalogue())
    return job, made["seed"]


@pytest.fixture
def wandb_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """A module in W&B's place; what it is asked."""
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "wandb.py").write_text(STAND_IN)
    monkeypatch.syspath_prepend(tmp_path / "packages")
    monkeypatch.delitem(sys.modules, "wandb", raising=False)
    for name, value in (("WANDB_MODE", "online"), ("WANDB_CACHE_DIR", ""), ("WANDB_ERROR_REPORTING", "true")):
        monkeypatch.setenv(name, value)
    yield importlib.import_module("wandb").calls
    sys.modules.pop("wandb", None)


@pytest.mark.slow
def test_wandb_is_told_the_curve_of_every_record_offline(
    tmp_path: Path, wandb_calls: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = in_process(capsys, *RUN, "--track", "wandb", "--out", tmp_path / "out")
    assert (outcome.code, outcome.err) == (0, "")
    assert os.environ["WANDB_CACHE_DIR"].startswith(str(tmp_path / "out"))
    for made in records_in(tmp_path / "out").values():
        run = run_name(*job_of(made))
        calls = [(method, given, named) for method, name, given, named in wandb_calls if name == run]
        assert [method for method, _, _ in calls[:2] + calls[-1:]] == ["init", "define_metric", "finish"]
        asked = calls[0][2]
        assert (asked["mode"], asked["environment"], asked["dir"]) == ("offline", "offline", str(tmp_path / "out"))
        assert asked["config"]["seed"] == made["seed"]
        curve = [(named["step"], given[0]) for method, given, named in calls if method == "log" and named]
        assert curve == [
            (look["step"], {"loss": look["loss"], "held_out_exact_match": look["exact"]}) for look in made["curve"]
        ]
        lengths = [given[0] for method, given, named in calls if method == "log" and not named]
        assert {each["length"]: each["exact_match_by_length"] for each in lengths} == {
            int(length): score["right"] / score["examples"] for length, score in made["by_length"].items()
        }
        assert calls[-1][2] == {"exit_code": 0}


@pytest.mark.slow
def test_wandb_itself_writes_its_runs_under_the_runs_folder(tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    outcome = in_subprocess(*RUN, "--track", "wandb", "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    written = b"".join(file.read_bytes() for file in (tmp_path / "wandb").glob("offline-run-*/*.wandb"))
    assert "tracker" not in outcome.out
    for made in records_in(tmp_path).values():
        assert run_name(*job_of(made)).encode() in written
        for each in made["curve"]:
            assert json.dumps(each["loss"]).encode() in written
