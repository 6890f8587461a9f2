"""An attempt to make a seed's record: trained, evaluated, looked at, written; or a line about why there is none."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from bench.execution.executor import Failed, Finished, Listen, Validated
from bench.execution.job import Job
from bench.execution.run_store import RunStore
from bench.records.store import Record
from bench.spec.errors import RequestError

if TYPE_CHECKING:
    from bench.trial.train import ValidationPoint
    from bench.trial.trial import Outcome
    from bench.trial.turns import Turns


def attempted(
    job: Job, seed: int, store: RunStore, device: str, listen: Listen, seeds_at_once: int = 1
) -> Turns[Finished | Failed]:
    """Make the record of a seed that has none yet, with a pause behind every training step -> how that ended."""
    from models.base import UnsuitableError

    try:
        record = store.finished(job, seed)  # by another run, meanwhile
        if record is None:
            record = yield from made(job, seed, store, device, listen, seeds_at_once)
    except (RequestError, UnsuitableError):
        raise
    except Exception as error:
        if os.environ.get("LENGTHWISE_DEBUG"):
            raise
        return Failed(job, seed, in_a_line(error))
    return Finished(job, seed, record)


def made(job: Job, seed: int, store: RunStore, device: str, listen: Listen, seeds_at_once: int) -> Turns[Record]:
    """Train and evaluate a seed and write its record; torch is imported here at last."""
    from bench.execution.record import provenance, record_of
    from bench.probes.probe import probe
    from bench.trial.build import load_plugin
    from bench.trial.trial import trial_in_turns

    for plugin in job.plugins:
        load_plugin(plugin)
    outcome = evaluated_again(job, seed, store, device)
    if outcome is None:
        watch = partial(validated, listen, job, seed)
        keep = partial(store.keep_cycle, job, seed), partial(store.keep, job, seed)
        outcome = yield from trial_in_turns(job.spec, seed, device, watch, *keep)
    record = record_of(job, outcome, probe(outcome, job.spec, device), provenance(device, seeds_at_once))
    store.write(job, seed, record)
    return record


def validated(listen: Listen, job: Job, seed: int, point: ValidationPoint) -> None:
    """Tell of a validation point."""
    listen(Validated(job, seed, point))


def evaluated_again(job: Job, seed: int, store: RunStore, device: str) -> Outcome | None:
    """Evaluate a training whose weights are kept and whose record is not; None where there is none."""
    from bench.trial.build import build_task
    from bench.trial.trial import Outcome, evaluate_trained

    kept = store.trained(job, seed, device)
    if kept is None:
        return None
    task = build_task(job.spec.task, job.spec.task_settings)
    return Outcome(seed, task, *kept, evaluate_trained(task, kept[0], job.spec, device))


def in_a_line(error: Exception) -> str:
    """Say what was raised: its kind and the first line of what it says."""
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
