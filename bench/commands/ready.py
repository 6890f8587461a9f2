"""A trained model for the commands that ask one: by kept weights, fitted at once, or trained now; each is said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from bench.commands import places
from bench.execution.job import Job
from bench.execution.run_store import RunStore
from bench.spec.errors import WorkError
from bench.trial.build import build_model, build_task
from bench.trial.train import train
from bench.trial.trial import data_seed, new_model
from models.base import Model

Say = Callable[[str], None]
Ready = tuple[Model, Job]


def named(job: Job) -> str:
    """Say which training is meant."""
    return f"{job.spec.column} on {job.spec.row}, seed {job.seeds[0]}"


def ready_model(jobs: Sequence[Job], run: Path | None, device: str, say: Say, train: bool = True) -> Ready | None:
    """Return the model of the first job whose weights the run, or any run, kept; else one trained now, if asked.

    A trivial baseline is fitted.
    """
    first, spec = jobs[0], jobs[0].spec
    fitted = not build_model(spec.model, build_task(spec.task, spec.task_settings), spec.model_settings).trainable
    for job in () if fitted else jobs:
        for folder in [run] if run else sorted(places.RUNS.glob("*")):
            model = RunStore(folder).weights(job, job.seeds[0], device)
            if model is not None:
                say(f"weights of {named(job)}, {job.spec.steps} steps at most, kept in {places.shown(folder)}")
                return model, job
    if not fitted and not train:
        return None
    say(f"fitting {named(first)} ..." if fitted else f"training {named(first)}: {spec.steps} steps at most ...")
    return train_now(first, device), first


def train_now(job: Job, device: str) -> Model:
    """Train the model of a job's first seed, or fit it, to the weights that a run gives it; nothing is evaluated."""
    seed, spec = job.seeds[0], job.spec
    task = build_task(spec.task, spec.task_settings)
    try:
        model = new_model(task, spec, seed, device)
        train(model, task, spec, data_seed(spec, seed), device, lambda point: None)
    except ValueError as error:  # a text too short for a batch, a sequence too long for a table
        raise WorkError(f"{job.name(seed)}: {error}") from error
    return model.eval()
