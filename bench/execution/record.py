"""A trial's outcome becomes a record: the one place where a record's fields are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, TypedDict, TypeVar

from bench.execution.job import Job
from bench.records.decode import checked
from bench.records.key import settings_hash
from bench.records.provenance import commit, instruction_set, versions
from bench.records.store import SCHEMA, Record
from bench.trial.metrics import finite
from bench.trial.protocols import protocol_of

if TYPE_CHECKING:
    from bench.probes.probe import Probes
    from bench.trial.trial import Outcome


T = TypeVar("T")


class Provenance(TypedDict):
    """Where numbers come from: code, versions, machine."""

    commit: str | None
    dirty: bool | None
    versions: dict[str, str]
    device: str
    instruction_set: str
    threads: int


def provenance(device: str) -> Provenance:
    """Return where numbers that are made here and now come from."""
    import torch

    head, dirty = commit()
    return {
        "commit": head,
        "dirty": dirty,
        "versions": versions(),
        "device": torch.cuda.get_device_name(device) if device.startswith("cuda") else "cpu",
        "instruction_set": instruction_set(),
        "threads": torch.get_num_threads(),
    }


def record_of(job: Job, outcome: Outcome, probes: Probes, origin: Provenance) -> Record:
    """Return the record of one seed of a job."""
    training, evaluation, task = outcome.training, outcome.evaluation, outcome.task
    fields = {
        "schema": SCHEMA,
        "key": job.key(outcome.seed),
        "spec_hash": settings_hash(job.spec, outcome.seed, job.sources),
        "sources": job.sources.whole,
        "source_parts": job.sources.parts,
        "task": job.spec.row,
        "model": job.spec.column,
        "family": job.spec.model,
        "task_version": job.sources.task_version,
        "seed": outcome.seed,
        "spec": asdict(job.spec),
        "status": training.status,
        "train_lengths": list(task.train_lengths),
        "inside_lengths": list(task.inside_lengths),
        "kind": protocol_of(task).kind(task),
        "by_length": {
            str(length): asdict(score) | {"chance": task.chance(length)} for length, score in evaluation.scores.items()
        },
        **({"failed": by_name(evaluation.failed)} if evaluation.failed else {}),
        **({"adversarial": by_name(evaluation.adversarial)} if evaluation.adversarial else {}),
        "evaluation_hash": evaluation.fingerprint,
        "curve": [{"step": point.step, "loss": finite(point.loss), "exact": point.exact} for point in training.curve],
        "first_batch": probes.first_batch,
        "samples": [asdict(sample) for sample in probes.samples],
        **({"disagreement": probes.disagreement} if probes.disagreement else {}),
        **({"traces": [asdict(trace) for trace in probes.traces]} if probes.traces else {}),
        **({"text": probes.facts} if probes.facts is not None else {}),
        **({"padding": probes.padding} if probes.padding is not None else {}),
        "parameters": outcome.parameters,
        "state": probes.state,
        "steps": training.steps,
        **origin,
        "timing": {
            "train_seconds": round(training.seconds, 3),
            "look_seconds": [round(point.seconds, 3) for point in training.curve],
            "evaluation_seconds": round(evaluation.seconds, 3),
            "tokens_per_second": round(training.tokens / training.seconds, 1) if training.steps else None,
        },
    }
    return checked(fields)


def by_name(values: Mapping[int, T]) -> dict[str, T]:
    """Return values by length, as JSON names it."""
    return {str(length): value for length, value in values.items()}
