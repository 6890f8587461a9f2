"""A trained model to look at: by the weights that a run kept, or trained here and now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.execution.job import Job
from bench.execution.run_store import RunStore
from bench.spec.errors import WorkError
from bench.spec.spec import Spec
from bench.trial.build import build_model, build_task
from bench.trial.train import train
from bench.trial.trial import Outcome, data_seed, evaluate_trained, new_model
from models.base import Model


def kept_model(jobs: Iterable[Job], runs: Sequence[Path], device: str) -> tuple[Model, Job, Path] | None:
    """Return the first model whose weights a run kept, its job and the run's folder; None where no run did."""
    for job in jobs:
        for run in runs:
            model = RunStore(run).weights(job, job.seeds[0], device)
            if model is not None:
                return model, job, run
    return None


def train_now(job: Job, device: str) -> Model:
    """Train the model of a job's first seed, or fit it, to the weights that a run gives it; nothing is evaluated."""
    seed, spec = job.seeds[0], job.spec
    try:
        task = build_task(spec.task, spec.task_settings)
        model = new_model(task, spec, seed, device)
        train(model, task, spec, data_seed(spec, seed), device, lambda point: None)
    except ValueError as error:  # a text too short for a batch, a sequence too long for a table
        raise WorkError(f"{job.name(seed)}: {error}") from error
    return model.eval()


def is_fitted(spec: Spec) -> bool:
    """Whether a spec's model is a trivial baseline, fitted at once and not trained."""
    return not build_model(spec.model, build_task(spec.task, spec.task_settings), spec.model_settings).trainable


def evaluated_again(store: RunStore, job: Job, seed: int, device: str) -> Outcome | None:
    """Evaluate a training whose weights a run kept before it had a record; None where there is none."""
    kept = store.trained(job, seed, device)
    if kept is None:
        return None
    task = build_task(job.spec.task, job.spec.task_settings)
    return Outcome(seed, task, *kept, evaluate_trained(task, kept[0], job.spec, device))
