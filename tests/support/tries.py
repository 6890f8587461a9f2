"""Tries of settings without training: a space of four settings, specs of a few steps, and an executor that invents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bench.execution.executor import Failed, Listen, Store, Tried
from bench.execution.job import Job, each_seed
from bench.spec.spec import Spec
from bench.studies.tuning.space import Setting, Space
from bench.studies.tuning.table import Try
from bench.suites.recipes import recipe
from bench.trial.inside import Inside
from bench.trial.metrics import Score
from bench.trial.train import Training

SPACE = Space(rates=(1e-3, 1e-2), widths=(4, 8), steps=6, part=3, kept=2, further=2)
EXAMPLES = 1000
Share = Callable[[Spec, int], float | None]  # what a spec gets right with a seed; None where it diverges


def short_recipes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let default recipes be of two steps, width 5 and four rows: for tests that train."""

    def short(row: str, model: str, **others: Any) -> Spec:
        return replace(recipe(row, model, **others), steps=2, batch=4, model_settings={"hidden": 5})

    monkeypatch.setattr("bench.studies.tuning.search.recipe", short)
    monkeypatch.setattr("bench.studies.tuning.space.SPACE", SPACE)


class Inventor:
    """Stands for an executor: says of each job what a function makes of its spec and seed, training nothing."""

    def __init__(
        self, share: Share, stops_after: int = 10**9, fails: Callable[[Spec], bool] = lambda spec: False
    ) -> None:
        self.share, self.left, self.fails = share, stops_after, fails
        self.rounds: list[list[tuple[Spec, int]]] = []

    @property
    def trained(self) -> list[tuple[Spec, int]]:
        return [each for every in self.rounds for each in every]

    def run(self, jobs: Sequence[Job], store: Store, listen: Listen) -> list[str]:
        self.rounds.append([])
        failures = []
        for job, seed in each_seed(jobs):
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1
            self.rounds[-1].append((job.spec, seed))
            if self.fails(job.spec):
                listen(Failed(job, seed, "no luck"))
                failures.append(job.name(seed))
            else:
                listen(Tried(job, seed, invented(self.share(job.spec, seed), job.spec.steps)))
        return failures


def invented(share: float | None, steps: int) -> Inside:
    """Return what a training would have come to that gets such a share right, or that diverges."""
    right = round((share or 0) * EXAMPLES)
    score = Score(EXAMPLES, right, EXAMPLES, right, 0, True, ())
    return Inside("symbols", Training("diverged" if share is None else "trained", steps, 1.5, 1.25, 10), score)


def a_try(stage: str = "short", score: float | None = 0.5, **changes: Any) -> Try:
    """Return a line of a table."""
    usual = {
        "row": "copy",
        "model": "gru",
        "stage": stage,
        "learning_rate": 0.003,
        "hidden": 64,
        "steps": 6000,
        "seed": 100,
        "metric": "exact_match",
        "score": score,
        "exact_match": score or 0.0,
        "token_accuracy": 0.5,
        "nats": None,
        "status": "trained",
        "steps_taken": 6000,
        "seconds": 1.0,
        "key": "key",
    }
    return Try(**(usual | changes))


def setting_of(spec: Spec) -> Setting:
    """Return what a spec's settings are of those that are sought."""
    return Setting(spec.learning_rate, spec.model_settings["hidden"], spec.steps)
