"""A trial's outcome becomes a record: the one place where a record's fields are written."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from bench.execution.job import Job
from bench.records.decode import checked
from bench.records.key import settings_hash
from bench.records.provenance import commit, instruction_set, versions
from bench.records.store import SCHEMA, Record
from bench.trial.metrics import Score, finite
from bench.trial.precision import precision
from bench.trial.protocols import protocol_of

if TYPE_CHECKING:
    from bench.probes.probe import Probes
    from bench.trial.trial import Outcome


def provenance(device: str, seeds_at_once: int = 1) -> dict[str, object]:
    """Return where numbers that are made here and now come from: code, versions, machine, and what went beside them."""
    import torch

    from models.layers.kernels import library

    head, dirty = commit()
    return {
        "commit": head,
        "dirty": dirty,
        "versions": versions(),
        "device": torch.cuda.get_device_name(device) if device.startswith("cuda") else "cpu",
        "instruction_set": instruction_set(),
        "threads": torch.get_num_threads(),
        "kernels": "compiled" if device == "cpu" and library() is not None else "torch",
        **({"seeds_at_once": seeds_at_once} if seeds_at_once > 1 else {}),
    }


def record_of(job: Job, outcome: Outcome, probes: Probes, origin: dict[str, object]) -> Record:
    """Return the record of one seed of a job."""
    return checked({"schema": SCHEMA} | asked(job, outcome.seed) | measured(outcome) | seen(probes) | origin)


def asked(job: Job, seed: int) -> dict[str, object]:
    """Return what a job asks for, and the keys that come of it."""
    return {
        "key": job.key(seed),
        "spec_hash": settings_hash(job.spec, seed, job.sources),
        "sources": job.sources.whole,
        "source_parts": job.sources.parts,
        "task": job.spec.row,
        "model": job.spec.column,
        "family": job.spec.model,
        "task_version": job.sources.task_version,
        "seed": seed,
        "spec": job.spec.asked,
        **({"variant": dict(job.spec.variant)} if job.spec.variant else {}),
    }


def measured(outcome: Outcome) -> dict[str, object]:
    """Return how a training went and what its evaluation gave."""
    training, evaluation, task = outcome.training, outcome.evaluation, outcome.task
    optional = {
        "failed": {str(length): why for length, why in evaluation.failed.items()},
        "adversarial": {str(length): sets for length, sets in evaluation.adversarial.items()},
    }
    return {
        "status": training.status,
        "kind": protocol_of(task).kind(task),
        "train_lengths": list(task.train_lengths),
        "inside_lengths": list(task.inside_lengths),
        "by_length": {
            str(length): part_of(score) | {"chance": task.chance(length)} for length, score in evaluation.scores.items()
        },
        "evaluation_hash": evaluation.fingerprint,
        "curve": [{"step": point.step, "loss": finite(point.loss), "exact": point.exact} for point in training.curve],
        "parameters": outcome.parameters,
        "precision": precision(outcome.model),
        "steps": training.steps,
        "timing": {
            "train_seconds": round(training.seconds, 3),
            "train_cpu_seconds": round(training.cpu_seconds, 3),
            "look_seconds": [round(point.seconds, 3) for point in training.curve],
            "evaluation_seconds": round(evaluation.seconds, 3),
            "tokens_per_second": round(training.tokens / training.seconds, 1) if training.steps else None,
        },
        **{name: value for name, value in optional.items() if value},
    }


def part_of(score: Score) -> dict[str, object]:
    """Return a score as a record has it: no rule where there is none, and no tokens where none was judged."""
    part = asdict(score)
    if not score.rule:
        del part["rule"]
    return part | {"tokens": None, "tokens_right": None} if score.rule == "skipped" else part


def seen(probes: Probes) -> dict[str, object]:
    """Return what is kept of a trained model to look at."""
    optional = {
        "disagreement": probes.disagreement,
        "traces": [asdict(trace) for trace in probes.traces],
        "text": probes.facts,
        "padding": probes.padding,
    }
    return {
        "first_batch": probes.first_batch,
        "samples": [asdict(sample) for sample in probes.samples],
        "state": probes.state,
        **{name: value for name, value in optional.items() if value},
    }
