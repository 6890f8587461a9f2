"""Runs cells: those without a fresh record, one process a core, each record written as it is finished."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.execution.cell import Cell, is_fresh, run_cell
from bench.records.store import Record, read_record, record_path
from bench.spec.errors import RequestError

POLL = 0.2  # seconds between two looks at what the workers report


@dataclass(frozen=True)
class Report:
    """What a running cell tells: `kind` "look" (payload: a Look), "done" (a record) or "failed" (a line)."""

    cell: Cell
    kind: str
    payload: Any


Listen = Callable[[Report], None]


def run_cells(cells: list[Cell], records: Path, device: str, jobs: int, threads: int, listen: Listen) -> list[str]:
    """Run the cells that have no fresh record; return a line about each that failed.

    With one job they run in this process. An interrupt ends what is running and keeps every finished record.
    """
    waiting = [cell for cell in cells if not is_fresh(cell, records)]
    if not waiting:
        return []
    jobs = min(jobs, len(waiting))
    run = run_inline if jobs == 1 else run_parallel
    return run(waiting, records, device, jobs, threads, listen)


def run_inline(cells: list[Cell], records: Path, device: str, jobs: int, threads: int, listen: Listen) -> list[str]:
    """Run cells one after the other in this process."""
    import torch

    torch.set_num_threads(threads)
    failures = []
    for cell in cells:

        def watch(look: Any, cell: Cell = cell) -> None:
            listen(Report(cell, "look", look))

        report = attempt(cell, records, device, watch)
        listen(report)
        if report.kind == "failed":
            failures.append(f"{cell.name}: {report.payload}")
    return failures


def run_parallel(cells: list[Cell], records: Path, device: str, jobs: int, threads: int, listen: Listen) -> list[str]:
    """Run cells in worker processes; a worker that dies fails its cell, not the run."""
    failures: list[str] = []

    def tell(report: Report) -> None:
        listen(report)
        if report.kind == "failed":
            failures.append(f"{report.cell.name}: {report.payload}")

    left = run_pool(cells, records, device, jobs, threads, tell)
    while left:
        suspects, left = left[:jobs], left[jobs:]  # the cells that ran when a worker died: each again, alone
        for cell in suspects:
            if is_fresh(cell, records):  # it was written just before
                tell(Report(cell, "done", finished_record(cell, records)))
            elif run_pool([cell], records, device, 1, threads, tell):
                tell(Report(cell, "failed", "a worker process died (out of memory?)"))
        left = run_pool(left, records, device, jobs, threads, tell) if left else []
    return failures


def run_pool(cells: list[Cell], records: Path, device: str, workers: int, threads: int, listen: Listen) -> list[Cell]:
    """Run cells in so many processes; return those that were left when one of them died."""
    context = multiprocessing.get_context("spawn")
    messages: Any = context.Queue()  # a new one each time: a worker may have died with its lock
    ends, life = context.Pipe(duplex=False)
    left = list(cells)
    with ends, life, ProcessPoolExecutor(workers, context, start_worker, (messages, ends, threads)) as pool:
        try:
            with interrupts_noticed() as interrupted:
                with interrupts_held():
                    futures = {pool.submit(work, cell, records, device): cell for cell in cells}
                for report in gather(futures, messages, listen, interrupted):
                    left.remove(report.cell)
                    listen(report)
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


def finished_record(cell: Cell, records: Path) -> Record:
    """Read the record that a cell has."""
    return read_record(record_path(records, cell.spec.row, cell.spec.column, cell.seed))


def gather(
    futures: dict[Future[Report], Cell], messages: Any, listen: Listen, interrupted: threading.Event
) -> Iterator[Report]:
    """Yield the report of each cell as it ends, passing on what the workers tell; KeyboardInterrupt if interrupted."""
    pending = set(futures)
    while pending:
        if interrupted.is_set():
            raise KeyboardInterrupt
        ended, pending = wait(pending, timeout=POLL, return_when=FIRST_COMPLETED)
        while True:
            try:
                listen(messages.get_nowait())
            except queue.Empty:
                break
        for future in ended:
            yield future.result()


_messages: Any = None


def start_worker(messages: Any, ends: Any, threads: int) -> None:
    """Prepare a worker process: Ctrl-C is the parent's to handle, and the worker must not outlive the run."""
    global _messages
    _messages = messages
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_run, args=(ends,), daemon=True).start()
    import torch

    torch.set_num_threads(threads)


def end_with_run(ends: Any) -> None:
    """Leave at once when the run was interrupted or its main process is gone: records are written whole or not at all.

    `ends` is a pipe on which nothing is ever sent; its other end closes then.
    """
    ends.poll(None)
    os._exit(1)


def work(cell: Cell, records: Path, device: str) -> Report:
    """Run one cell in a worker."""

    def watch(look: Any) -> None:
        _messages.put(Report(cell, "look", look))

    return attempt(cell, records, device, watch)


def attempt(cell: Cell, records: Path, device: str, watch: Callable[[Any], None]) -> Report:
    """Run a cell, unless another run has finished it meanwhile; a failure becomes a report with one line."""
    from models.base import UnsuitableError

    if is_fresh(cell, records):
        return Report(cell, "done", finished_record(cell, records))
    if os.environ.get("LENGTHWISE_DEBUG"):
        return Report(cell, "done", run_cell(cell, records, device, watch))
    try:
        record: Record = run_cell(cell, records, device, watch)
    except (RequestError, UnsuitableError):
        raise
    except Exception as error:
        return Report(cell, "failed", f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
    return Report(cell, "done", record)
