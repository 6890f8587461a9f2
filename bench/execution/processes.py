"""Runs jobs in worker processes; what a worker that dies was doing is tried once more, alone.

On a processor a worker trains a seed at a time. A GPU gives each process its turn, so that several are no faster there
than one, but for what they do beside: on a GPU a few workers train several seeds each, by turns (seeds.py).
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.queues import Queue

from bench.execution.executor import (
    Event,
    Failed,
    Finished,
    Ledger,
    Listen,
    Resources,
    Store,
    Trial,
    Validated,
    register,
)
from bench.execution.job import Job, each_seed
from bench.execution.seeds import Seeds
from bench.execution.serial import Serial
from bench.records.store import unevaluated

POLL = 0.2  # seconds between two times that what the workers tell is read
LANES = 8  # seeds that take turns in a worker on a GPU


@dataclass(frozen=True)
class Written:
    """A seed's record is written, which is more than a message should hold."""

    job: Job
    seed: int


def lanes_on(device: str) -> int:
    """Return how many seeds a worker trains by turns."""
    return LANES if device.startswith("cuda") else 1


@register("processes")
class Processes:
    """Runs so many jobs at once, each in a worker, which also writes what is kept of it."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    def run(self, jobs: Sequence[Job], store: Store[Trial], listen: Listen) -> list[str]:
        """Make every seed that is not made yet; a worker that dies fails its seed, not the run."""
        ledger, at_once = Ledger(listen), self.resources.jobs
        left = self._pool([replace(job, seeds=(seed,)) for job, seed in each_seed(jobs)], store, at_once, ledger)
        while left:
            suspects, left = left[:at_once], left[at_once:]  # those that ran when a worker died: each again, alone
            for job in suspects:
                (seed,) = job.seeds
                if end := store.ended(job, seed):  # it was written just before
                    ledger(end)
                elif self._pool([job], store, 1, ledger):
                    ledger(Failed(job, seed, "a worker process died (out of memory?)"))
            left = self._pool(left, store, at_once, ledger)
        return ledger.failures

    def _pool(self, jobs: list[Job], store: Store[Trial], at_once: int, listen: Listen) -> list[Job]:
        """Run jobs of one seed in so many processes; return those that were left when one of them died."""
        if not jobs:
            return []
        context = multiprocessing.get_context("spawn")
        messages: Queue[Event | Written] = context.Queue()  # new ones each time: a worker may have died with their lock
        todo: Queue[Job | None] = context.Queue()
        todo.cancel_join_thread()  # nobody waits for jobs to be sent that nobody takes
        ends, life = context.Pipe(duplex=False)
        left, lanes = list(jobs), min(at_once, lanes_on(self.resources.device))
        workers = min(-(-at_once // lanes), len(jobs))
        given = (messages, todo, ends, replace(self.resources, jobs=lanes))
        with ends, life, ProcessPoolExecutor(workers, context, start_worker, given) as pool:
            try:
                with interrupts_noticed() as interrupted:
                    with interrupts_held():
                        if lanes == 1:
                            futures: set[Future[Event | None]] = {pool.submit(work, job, store) for job in jobs}
                        else:
                            for each in [*jobs, *[None] * workers]:
                                todo.put(each)
                            futures = {pool.submit(work_by_turns, store) for _ in range(workers)}
                    for end in gather(futures, messages, store, listen, interrupted):
                        left.remove(end.job)
                        listen(end)
            except BrokenProcessPool:
                pass
            except BaseException:
                life.close()  # the workers end at once, in the middle of whatever they do
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return left


@contextmanager
def interrupts_noticed() -> Iterator[threading.Event]:
    """Only note Ctrl-C meanwhile: raised anywhere, it may leave a lock of the pool held, and nothing would ever end."""
    noticed = threading.Event()
    if threading.current_thread() is not threading.main_thread():  # signals are not this thread's to handle
        yield noticed
        return
    before = signal.signal(signal.SIGINT, lambda *_: noticed.set())
    try:
        yield noticed
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back meanwhile; processes started here never see one, not even before their first instruction."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)  # one that came meanwhile is raised here


def gather(
    futures: set[Future[Event | None]],
    messages: Queue[Event | Written],
    store: Store[Trial],
    listen: Listen,
    interrupted: threading.Event,
) -> Iterator[Event]:
    """Yield how each job ends, passing on what the workers tell meanwhile; KeyboardInterrupt if interrupted."""
    pending = futures
    while pending:
        if interrupted.is_set():
            raise KeyboardInterrupt
        ended, pending = wait(pending, timeout=POLL, return_when=FIRST_COMPLETED)
        yield from told(messages, store, listen)
        for future in ended:
            if end := future.result():
                yield end


def told(messages: Queue[Event | Written], store: Store[Trial], listen: Listen) -> Iterator[Event]:
    """Pass on what has been told of seeds that go on; yield how others ended."""
    while True:
        try:
            event = messages.get_nowait()
        except queue.Empty:
            return
        if isinstance(event, Validated):
            listen(event)
        elif not isinstance(event, Written):
            yield event
        elif end := store.ended(event.job, event.seed):
            yield end


_messages: Queue[Event | Written]
_todo: Queue[Job | None]
_resources: Resources


def start_worker(
    messages: Queue[Event | Written], todo: Queue[Job | None], ends: Connection, resources: Resources
) -> None:
    """Prepare a worker process: Ctrl-C is the parent's to handle, and the worker must not outlive the run."""
    global _messages, _todo, _resources
    _messages, _todo, _resources = messages, todo, resources
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_run, args=(ends,), daemon=True).start()


def end_with_run(ends: Connection) -> None:
    """Leave at once when the run was interrupted or its main process is gone: records are written whole or not at all.

    `ends` is a pipe on which nothing is ever sent; its other end closes then.
    """
    ends.poll(None)
    os._exit(1)


def work(job: Job, store: Store[Trial]) -> Event | None:
    """Run a job of one seed in a worker -> how it ended; what comes before is told by message."""
    ends: list[Event] = []

    def tell(event: Event) -> None:
        if isinstance(event, Validated):
            _messages.put(event)
        else:
            ends.append(event)

    Serial(_resources).run([job], store, tell)
    (end,) = ends
    return end


def work_by_turns(store: Store[Trial]) -> Event | None:
    """Run job after job in a worker, several by turns, as long as there are any; how they ended is told by message."""

    def tell(event: Event) -> None:
        found = isinstance(event, Finished) and not unevaluated(event.record)  # else it counts as not ended
        _messages.put(Written(event.job, event.seed) if found else event)

    Seeds(_resources).run(iter(_todo.get, None), store, tell)
    _messages.close()
    _messages.join_thread()  # all is told before this returns
    return None
