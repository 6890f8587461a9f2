"""Tries run on every executor as records do, and nothing of them is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.execution.executor import Resources, Tried, Validated, find_executor
from bench.execution.job import make_jobs
from bench.execution.try_store import TryStore
from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec

SPEC = Spec("copy", "gru", {"train_lengths": (2, 3), "eval_lengths": (3, 4)}, {"hidden": 4}, steps=4, batch=4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["serial", "processes", "seeds"])
def test_a_try_is_told_and_nothing_is_written(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    events: list[Any] = []
    jobs = make_jobs([SPEC], [100, 101], Catalogue())
    assert find_executor(name)(Resources("cpu", 2, 1)).run(jobs, TryStore(), events.append) == []
    tried = {event.seed: event.trial for event in events if isinstance(event, Tried)}
    assert set(tried) == {100, 101}
    assert all(trial.training.steps == 4 and trial.score.examples == 256 for trial in tried.values())
    assert not list(tmp_path.iterdir())
    assert any(isinstance(event, Validated) for event in events)
