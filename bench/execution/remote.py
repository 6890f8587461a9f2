"""Jobs that run somewhere else: what every engine has in common, by which a new one is a few lines.

A job of one seed goes out with a store that writes in a folder of its own there. What it wrote comes back with how it
ended, and is written here, so that machines need share no disk. What an engine loses is sent out once more.
"""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from bench.execution.executor import Event, Failed, Ledger, Listen, NotStarted, Resources, Store, Trial, Validated
from bench.execution.job import Job, each_seed
from bench.execution.serial import Serial
from bench.spec.home import ROOT

ATTEMPTS = 2  # times that a seed goes out whose worker is lost
Handle = int


@dataclass(frozen=True)
class Parcel:
    """What comes back of a job of one seed: how it ended, and the files that it wrote, by their names in its folder."""

    end: Event
    files: dict[str, bytes]


class Engine(AbstractContextManager["Engine"], Protocol):
    """What runs functions elsewhere while it is entered; leaving it ends whatever still runs.

    slots: how many jobs it has at once
    """

    slots: int

    def submit(self, job: Job, store: Store[Trial], resources: Resources) -> Handle:
        """Send out `work` on these; the handle names it."""

    def finished(self) -> Iterator[tuple[Handle, Parcel | str]]:
        """Wait a moment -> what has ended since: what came back, or a line about how it was lost."""


def work(job: Job, store: Store[Trial], resources: Resources) -> Parcel:
    """Run a job of one seed where this is called, in a folder of its own."""
    ends: list[Event] = []

    def tell(event: Event) -> None:
        if not isinstance(event, Validated):
            ends.append(event)

    with tempfile.TemporaryDirectory(prefix="lengthwise-") as folder:
        Serial(resources).run([job], store.moved(Path(folder)), tell)
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()
        }
    (end,) = ends
    return Parcel(end, files)


@contextmanager
def importable() -> Iterator[None]:
    """Let processes that are started meanwhile import what this one can, from whatever folder they run in."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), before)))
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def run_remotely(
    engine: Engine, jobs: Sequence[Job], store: Store[Trial], resources: Resources, listen: Listen
) -> list[str]:
    """Make every seed that is not made yet by an engine -> a line about each that failed."""
    ledger, there = Ledger(listen), replace(resources, until=Resources.until, jobs=1)
    left = deque((replace(job, seeds=(seed,)), ATTEMPTS) for job, seed in each_seed(jobs))
    running: dict[Handle, tuple[Job, int]] = {}
    with importable(), engine:
        while left or running:
            while left and len(running) < engine.slots:
                job, attempts = left.popleft()
                (seed,) = job.seeds
                if end := store.ended(job, seed):
                    ledger(end)
                elif resources.over:
                    ledger(NotStarted(job, seed))
                else:
                    running[engine.submit(job, store, there)] = job, attempts
            for handle, found in engine.finished():
                job, attempts = running.pop(handle)
                if isinstance(found, Parcel):
                    store.receive(found.files)
                    ledger(found.end)
                elif attempts > 1:
                    left.append((job, attempts - 1))
                else:
                    ledger(Failed(job, job.seeds[0], found))
    return ledger.failures
