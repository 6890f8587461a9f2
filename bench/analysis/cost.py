"""What a suite costs, from the seconds in a run's records, and how long it takes on many machines: a simulation."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from bench.analysis.frame import Groups, Pair
from bench.records.store import Record
from bench.spec.spec import Spec


@dataclass(frozen=True)
class Cost:
    """Processor seconds of each job of a suite, in the order in which an executor starts them.

    guessed: pairs that no record is of; each counts as the mean of its family on other rows, or of all pairs
    """

    jobs: tuple[tuple[Pair, float], ...]
    guessed: int

    @property
    def seconds(self) -> list[float]:
        """The seconds of each job."""
        return [seconds for _, seconds in self.jobs]

    @property
    def total(self) -> float:
        """Processor seconds of all jobs."""
        return sum(self.seconds)

    @property
    def longest(self) -> tuple[Pair, float]:
        """The job that takes longest."""
        return max(self.jobs, key=lambda job: job[1])


def cost(specs: Sequence[Spec], seeds: int, groups: Groups) -> Cost:
    """Return the cost of these pairs, so many seeds each, by records of theirs; ValueError where there are none."""
    known = {pair: fmean(map(seconds_of, records)) for pair, records in groups.items()}
    if not known:
        raise ValueError("no record says how long anything takes")
    by_family: dict[str, list[float]] = {}
    for pair, records in groups.items():
        by_family.setdefault(records[0]["spec"]["model"], []).append(known[pair])
    everything = fmean(known.values())
    jobs, guessed = [], 0
    for spec in specs:
        pair = spec.row, spec.column
        guessed += pair not in known
        seconds = known.get(pair, fmean(by_family.get(spec.model, [everything])))
        jobs += [(pair, seconds)] * seeds
    return Cost(tuple(jobs), guessed)


def seconds_of(record: Record) -> float:
    """Return the processor seconds that a record took: training on one thread, and evaluation."""
    timing = record["timing"]
    trained = timing.get("train_cpu_seconds")
    return float(timing["train_seconds"] if trained is None else trained) + float(timing["evaluation_seconds"])


def makespan(seconds: Iterable[float], workers: int, overhead: float = 0.0) -> float:
    """Return how long jobs take that go, in this order, each to the worker that is free first (Graham 1966).

    overhead: seconds that each job takes besides
    """
    free = [0.0] * workers
    for each in seconds:
        heapq.heapreplace(free, free[0] + each + overhead)
    return max(free)
