"""A trained model for the commands that ask one: by kept weights, fitted at once, or trained now; each is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from bench.commands import places
from bench.execution.job import Job
from bench.execution.weights import is_fitted, kept_model, train_now
from bench.spec.spec import Spec
from models.base import Model

Say = Callable[[str], None]


def named(job: Job) -> str:
    """Say which training is meant."""
    return f"{job.spec.column} on {job.spec.row}, seed {job.seeds[0]}"


def kept_or_fitted(jobs: Sequence[Job], run: Path | None, device: str, say: Say) -> tuple[Model, Spec] | None:
    """Return the model of the first job whose weights the run, or any run, kept; a trivial baseline is fitted."""
    if is_fitted(jobs[0].spec):
        say(f"fitting {named(jobs[0])} ...")
        return train_now(jobs[0], device), jobs[0].spec
    found = kept_model(jobs, [run] if run else sorted(places.RUNS.glob("*")), device)
    if found is None:
        return None
    model, job, run = found
    say(f"weights of {named(job)}, {job.spec.steps} steps at most, kept in {places.shown(run)}")
    return model, job.spec


def trained(job: Job, device: str, say: Say) -> tuple[Model, Spec]:
    """Train a job's model."""
    say(f"training {named(job)}: {job.spec.steps} steps at most ...")
    return train_now(job, device), job.spec
