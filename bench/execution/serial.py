"""Runs jobs one after the other in this process."""

from __future__ import annotations

from collections.abc import Sequence

from bench.execution.attempt import attempted
from bench.execution.executor import Ledger, Listen, NotStarted, Resources, Store, register
from bench.execution.job import Job, each_seed


@register("serial")
class Serial:
    """Makes seed after seed; torch is imported here at last."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    def run(self, jobs: Sequence[Job], store: Store, listen: Listen) -> list[str]:
        """Make every seed that is not made yet; return a line about each that failed."""
        import torch

        from bench.trial.precision import use_whole_products
        from bench.trial.turns import to_the_end

        torch.set_num_threads(self.resources.threads)
        use_whole_products()
        ledger = Ledger(listen)
        for job, seed in each_seed(jobs):
            if self.resources.over:
                ledger(NotStarted(job, seed))
            else:
                ledger(to_the_end(attempted(job, seed, store, self.resources.device, ledger)))
        return ledger.failures
