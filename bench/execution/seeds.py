"""Runs the seeds of a spec at once in this process: they take turns, a training step each.

On a GPU each has a stream of its own, so that the graphs of their steps run there at once: a step of a small model
leaves most of a GPU idle. A seed goes as it would alone (bench/trial/lanes.py): it has its own random numbers, ends by
itself, and its record is written at once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bench.execution.attempt import Attempt
from bench.execution.executor import Ledger, Listen, NotStarted, Resources, Store, Trial, register
from bench.execution.job import Job, each_seed

if TYPE_CHECKING:
    from bench.trial.lanes import Lane
    from bench.trial.turns import Turns


@register("seeds")
class Seeds:
    """Trains so many seeds of a spec at once, one spec after the other; the next seed begins when one has ended."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources
        if not resources.device.startswith("cuda"):
            print("note: without a GPU it is --executor processes that is faster than one seed alone", file=sys.stderr)

    def run(self, jobs: Sequence[Job], store: Store[Trial], listen: Listen) -> list[str]:
        """Make every seed that is not made yet; return a line about each that failed."""
        import torch

        from bench.trial.lanes import Lane
        from bench.trial.precision import use_whole_products
        from bench.trial.turns import in_turns

        torch.set_num_threads(self.resources.threads)
        use_whole_products()
        ledger, lanes = Ledger(listen), list[Lane]()
        for group in alike(jobs):
            at_once = min(self.resources.jobs, len(group))
            if group[0][0].spec.seconds:  # which are a training's own, not to be shared
                at_once = 1
            lanes += [Lane(self.resources.device) for _ in range(at_once - len(lanes))]
            left = iter(group)
            in_turns([self._taken(left, lane, store, ledger, at_once) for lane in lanes[:at_once]])
        return ledger.failures

    def _taken(
        self, left: Iterator[tuple[Job, int]], lane: Lane, store: Store[Trial], listen: Listen, at_once: int
    ) -> Turns[None]:
        """Take one seed after the other of those that are left, and make their records in a lane."""
        device = self.resources.device
        for job, seed in left:
            if self.resources.over:
                listen(NotStarted(job, seed))
            else:
                with Attempt(job, seed) as attempt:
                    end = store.ended(job, seed)
                    if end is None:
                        trial = yield from lane.through(store.trial(job, seed, device, listen))
                        end = store.conclude(job, seed, trial, device, at_once)
                    attempt.end = end
                listen(attempt.end)


def alike(jobs: Sequence[Job]) -> list[list[tuple[Job, int]]]:
    """Return the seeds of all jobs, those of a pair together."""
    groups: dict[tuple[str, str], list[tuple[Job, int]]] = {}
    for job, seed in each_seed(jobs):
        groups.setdefault(job.pair, []).append((job, seed))
    return list(groups.values())
