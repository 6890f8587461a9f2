"""A trial's outcome becomes a record: the one place where a record's fields are written."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bench.execution.job import Job
from bench.records.provenance import commit, versions
from bench.records.store import SCHEMA, Record, spec_hash
from bench.trial.metrics import finite

if TYPE_CHECKING:
    from bench.trial.trial import Outcome
    from tasks.base import Task


def provenance(device: str) -> dict[str, Any]:
    """Return where numbers that are made here and now come from: code, versions, machine."""
    import torch

    head, dirty = commit()
    return {
        "commit": head,
        "dirty": dirty,
        "versions": versions(),
        "device": torch.cuda.get_device_name(device) if device.startswith("cuda") else "cpu",
        "threads": torch.get_num_threads(),
    }


def record_of(job: Job, seed: int, outcome: Outcome, origin: dict[str, Any]) -> Record:
    """Return the record of one seed of a job; `origin` is its provenance."""
    training, task = outcome.training, outcome.task
    return {
        "schema": SCHEMA,
        "key": job.key(seed),
        "spec_hash": spec_hash(job.spec, seed, job.task_version),
        "sources": job.sources,
        "task": job.spec.row,
        "model": job.spec.column,
        "task_version": job.task_version,
        "seed": seed,
        "spec": asdict(job.spec),
        "status": training.status,
        "train_lengths": list(task.train_lengths),
        "inside_lengths": list(task.inside_lengths),
        "kind": kind_of(task),
        "by_length": {
            str(length): asdict(score) | {"chance": task.chance(length)} for length, score in outcome.scores.items()
        },
        **({"failed": {str(length): why for length, why in outcome.failed.items()}} if outcome.failed else {}),
        "curve": [{"step": look.step, "loss": finite(look.loss), "exact": look.exact} for look in training.curve],
        "first_batch": outcome.first_batch,
        "samples": [asdict(sample) for sample in outcome.samples],
        **({"adversarial": outcome.adversarial} if outcome.adversarial else {}),
        **({"traces": [asdict(trace) for trace in outcome.traces]} if outcome.traces else {}),
        **({} if outcome.facts is None else {"text": outcome.facts}),
        **({} if outcome.padding is None else {"padding": outcome.padding}),
        "parameters": outcome.parameters,
        "state": outcome.state,
        "steps": training.steps,
        "evaluation_hash": outcome.evaluation_hash,
        **origin,
        "timing": {
            "train_seconds": round(training.seconds, 3),
            "look_seconds": [round(look.seconds, 3) for look in training.curve],
            "evaluation_seconds": round(outcome.evaluation_seconds, 3),
            "tokens_per_second": round(training.symbols / training.seconds, 1) if training.steps else None,
        },
    }


def kind_of(task: Task) -> str:
    """Say how a task is judged: real values, strings, a text of named parts, a corpus by its symbols."""
    from tasks.text.corpus import CorpusTask

    if not task.target.discrete:
        return "values"
    if not task.streams:
        return "symbols"
    return "text" if isinstance(task, CorpusTask) else "stream"
