"""Runs jobs one after the other in this process."""

from __future__ import annotations

from collections.abc import Iterable

from bench.execution.attempt import Attempt
from bench.execution.device import prepared
from bench.execution.executor import Ledger, Listen, NotStarted, Resources, Store, Trial, register
from bench.execution.job import Job, each_seed


@register("serial")
class Serial:
    """Makes seed after seed; torch is imported here at last."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    def run(self, jobs: Iterable[Job], store: Store[Trial], listen: Listen) -> list[str]:
        """Make every seed that is not made yet; return a line about each that failed."""
        from bench.trial.turns import to_the_end

        ledger, device = Ledger(listen), self.resources.device
        with prepared(self.resources):
            for job, seed in each_seed(jobs):
                if self.resources.over:
                    ledger(NotStarted(job, seed))
                else:
                    with Attempt(job, seed) as attempt:
                        attempt.end = store.ended(job, seed) or store.conclude(
                            job, seed, to_the_end(store.trial(job, seed, device, ledger)), device
                        )
                    ledger(attempt.end)
        return ledger.failures
