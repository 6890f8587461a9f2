"""Runs jobs one after the other in this process."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from bench.execution.executor import Failed, Finished, Ledger, Listen, Resources, Validated, register
from bench.execution.job import Job, each_seed
from bench.execution.run_store import RunStore
from bench.spec.errors import RequestError

if TYPE_CHECKING:
    from bench.trial.train import ValidationPoint


@register("serial")
class Serial:
    """Trains, evaluates and records seed after seed; torch is imported here at last."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    def run(self, jobs: Sequence[Job], store: RunStore, listen: Listen) -> list[str]:
        """Make the record of every seed that has none yet; return a line about each that failed."""
        import torch

        from bench.execution.record import provenance, record_of
        from bench.execution.weights import evaluated_again
        from bench.probes.probe import probe
        from bench.trial.build import load_plugin
        from bench.trial.trial import run_trial
        from models.base import UnsuitableError

        torch.set_num_threads(self.resources.threads)
        device, ledger = self.resources.device, Ledger(listen)
        for job, seed in each_seed(jobs):
            try:
                record = store.finished(job, seed)  # by another run, meanwhile
                if record is None:
                    for plugin in job.plugins:
                        load_plugin(plugin)
                    watch, keep = partial(validated, ledger, job, seed), partial(store.keep, job, seed)
                    outcome = evaluated_again(store, job, seed, device) or run_trial(
                        job.spec, seed, device, watch, store.cycle_keeper(job, seed), keep
                    )
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


def in_a_line(error: Exception) -> str:
    """Say what was raised: its kind and the first line of what it says."""
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
