"""What runs jobs: the protocol, what it tells meanwhile, and the executors by name."""

from __future__ import annotations

import importlib
import math
import pkgutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from bench.execution.job import Job
from bench.records.store import Record, unevaluated
from bench.spec.errors import choose_from

if TYPE_CHECKING:
    from bench.trial.inside import Inside
    from bench.trial.train import ValidationPoint
    from bench.trial.turns import Turns


@dataclass(frozen=True)
class Validated:
    """A training reached a validation point."""

    job: Job
    seed: int
    point: ValidationPoint


@dataclass(frozen=True)
class Finished:
    """A seed's record is written."""

    job: Job
    seed: int
    record: Record


@dataclass(frozen=True)
class Tried:
    """A seed was trained and judged inside its training lengths; no record is made of it."""

    job: Job
    seed: int
    trial: Inside


@dataclass(frozen=True)
class Failed:
    """A seed gave nothing, for a reason of one line."""

    job: Job
    seed: int
    reason: str


@dataclass(frozen=True)
class NotStarted:
    """A seed's turn came when there was no time left."""

    job: Job
    seed: int


Made = Finished | Tried
Event = Validated | Made | Failed | NotStarted
Listen = Callable[[Event], None]
Trial = TypeVar("Trial")  # what a store has done of a seed: a whole trial, or one inside the training lengths


class Store(Protocol[Trial]):
    """What is to come of a job's seeds: which are made already, the trial of each other, and what is kept of it."""

    def ended(self, job: Job, seed: int) -> Made | None:
        """Return how a seed ended that needs no making any more, None for one that is to be made."""

    def trial(self, job: Job, seed: int, device: str, listen: Listen) -> Turns[Trial]:
        """Return the trial of a seed, not begun: it pauses behind every training step."""

    def conclude(self, job: Job, seed: int, trial: Trial, device: str, seeds_at_once: int = 1) -> Made:
        """Keep what is to be kept of a seed's trial -> how the seed ended."""

    def moved(self, folder: Path) -> Store[Trial]:
        """Return the store that it would be in another folder, for a machine that shares no disk with this one."""

    def receive(self, files: Mapping[str, bytes]) -> None:
        """Write what a store that was moved has written, by names in its folder."""


def validated(listen: Listen, job: Job, seed: int, point: ValidationPoint) -> None:
    """Tell of a validation point."""
    listen(Validated(job, seed, point))


@dataclass(frozen=True)
class Resources:
    """What there is to run on: a device, jobs at once, threads a job; until when jobs are started, by `time.time()`.

    address: of a cluster, as its executor takes it; "" for the usual one
    """

    device: str = "cpu"
    jobs: int = 1
    threads: int = 1
    until: float = math.inf
    address: str = ""

    @property
    def over(self) -> bool:
        """Whether no job is to be started any more."""
        return time.time() >= self.until


class Executor(Protocol):
    """Runs jobs: those of a process, of a machine's cores, of a cluster.

    A module of this folder that registers what makes one from Resources, by the module's own name, adds a choice of
    `run --executor`.
    """

    def run(self, jobs: Sequence[Job], store: Store[Trial], listen: Listen) -> list[str]:
        """Make every seed of every job that is not made yet -> a line about each that failed.

        A seed that fails fails alone; one whose turn comes when the time is over is told of and left. An interrupt ends
        what is running and keeps all that is finished.
        """


EXECUTORS: dict[str, Callable[[Resources], Executor]] = {}
Kind = TypeVar("Kind", bound=Callable[[Resources], Executor])


def register(name: str) -> Callable[[Kind], Kind]:
    """Return a decorator that makes a class an executor of this name."""

    def added(kind: Kind) -> Kind:
        EXECUTORS[name] = kind
        return kind

    return added


def find_executor(name: str) -> Callable[[Resources], Executor]:
    """Return an executor by name, that of a module beside this one; the others are imported to name the choices."""
    folder = __name__.rpartition(".")[0]
    modules = [module.name for module in pkgutil.iter_modules(importlib.import_module(folder).__path__)]
    for module in [name] if name in modules else modules:
        importlib.import_module(f"{folder}.{module}")
    if name not in EXECUTORS:
        raise choose_from("executor", name, list(EXECUTORS))
    return EXECUTORS[name]


class Ledger:
    """Passes on what is told and keeps a line about everything that failed."""

    def __init__(self, listen: Listen) -> None:
        self.listen = listen
        self.failures: list[str] = []

    def __call__(self, event: Event) -> None:
        """Take one event."""
        self.listen(event)
        if isinstance(event, Failed):
            self.failures.append(f"{event.job.name(event.seed)}: {event.reason}")
        elif isinstance(event, Finished):
            self.failures += unevaluated(event.record)
