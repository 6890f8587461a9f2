"""Runs jobs one after the other in this process."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from bench.execution.executor import Failed, Finished, Ledger, Listen, NotStarted, Resources, Validated, register
from bench.execution.job import Job, each_seed
from bench.execution.run_store import RunStore
from bench.spec.errors import RequestError

if TYPE_CHECKING:
    from bench.trial.train import ValidationPoint
    from bench.trial.trial import Outcome


@register("serial")
class Serial:
    """Trains, evaluates and records seed after seed; torch is imported here at last."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    def run(self, jobs: Sequence[Job], store: RunStore, listen: Listen) -> list[str]:
        """Make the record of every seed that has none yet; return a line about each that failed."""
        import torch

        from bench.execution.record import provenance, record_of
        from bench.probes.probe import probe
        from bench.trial.build import load_plugin
        from bench.trial.precision import use_whole_products
        from bench.trial.trial import run_trial
        from models.base import UnsuitableError

        torch.set_num_threads(self.resources.threads)
        use_whole_products()
        device, ledger = self.resources.device, Ledger(listen)
        for job, seed in each_seed(jobs):
            if self.resources.over:
                ledger(NotStarted(job, seed))
                continue
            try:
                record = store.finished(job, seed)  # by another run, meanwhile
                if record is None:
                    for plugin in job.plugins:
                        load_plugin(plugin)
                    watch = partial(validated, ledger, job, seed)
                    keep = partial(store.keep_cycle, job, seed), partial(store.keep, job, seed)
                    again = evaluated_again(job, seed, store, device)
                    outcome = again or run_trial(job.spec, seed, device, watch, *keep)
                    record = record_of(job, outcome, probe(outcome, job.spec, device), provenance(device))
                    store.write(job, seed, record)
            except (RequestError, UnsuitableError):
                raise
            except Exception as error:
                if os.environ.get("LENGTHWISE_DEBUG"):
                    raise
                ledger(Failed(job, seed, in_a_line(error)))
            else:
                ledger(Finished(job, seed, record))
        return ledger.failures


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
