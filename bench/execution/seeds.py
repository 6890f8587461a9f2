"""Runs several seeds at once in this process: they take turns, a training step each.

On a GPU each has a stream of its own, so that the graphs of their steps run there at once: a step of a small model
leaves most of a GPU idle. A seed goes as it would alone (bench/trial/lanes.py): it has its own random numbers, ends by
itself, and its record is written at once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from bench.execution.attempt import Attempt
from bench.execution.device import prepared
from bench.execution.executor import Ledger, Listen, NotStarted, Resources, Store, Trial, register
from bench.execution.job import Job, each_seed

if TYPE_CHECKING:
    from bench.trial.lanes import Lane
    from bench.trial.turns import Turns


@register("seeds")
class Seeds:
    """Trains so many seeds at once, of any pairs; the next begins when one has ended."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources
        if not resources.device.startswith("cuda"):
            print("note: without a GPU it is --executor processes that is faster than one seed alone", file=sys.stderr)

    def run(self, jobs: Iterable[Job], store: Store[Trial], listen: Listen) -> list[str]:
        """Make every seed that is not made yet; return a line about each that failed.

        Jobs are asked for one after the other, when there is room for them.
        """
        from bench.trial.lanes import Lane
        from bench.trial.turns import in_turns

        ledger, alone = Ledger(listen), list[tuple[Job, int]]()
        with prepared(self.resources):
            lanes = [Lane(self.resources.device) for _ in range(self.resources.jobs)]
            left = apart(each_seed(jobs), alone)
            begun = [first for _, first in zip(lanes, left, strict=False)]
            left, at_once = chain(begun, left), len(begun)
            in_turns([self._taken(left, lane, store, ledger, at_once) for lane in lanes[:at_once]])
            in_turns([self._taken(iter(alone), lane, store, ledger, 1) for lane in lanes[:1]])
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


def apart(seeds: Iterable[tuple[Job, int]], alone: list[tuple[Job, int]]) -> Iterator[tuple[Job, int]]:
    """Yield what may take turns; put by what has seconds to train in, which are its own and not to be shared."""
    for job, seed in seeds:
        if job.spec.seconds:
            alone.append((job, seed))
        else:
            yield job, seed
