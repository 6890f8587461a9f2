"""Runs cells: those without a fresh record, one process a core, each record written as it is finished."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.cell import Cell, is_fresh, run_cell
from bench.errors import RequestError
from bench.records import Record, read_record, read_records, record_name

POLL = 0.2  # seconds between two looks at what the workers report


class StoppedError(Exception):
    """A cell gave up because the run was interrupted."""


@dataclass(frozen=True)
class Report:
    """What a running cell tells: `kind` "look" (payload: a Look), "done" (a record) or "failed" (a line)."""

    cell: Cell
    kind: str
    payload: Any


Listen = Callable[[Report], None]


def set_aside_stale(cells: list[Cell], records: Path) -> int:
    """Move records of these pairs that other settings or other code made into records/stale; return how many."""
    specs = {(cell.spec.row, cell.spec.column, cell.seed): cell.key for cell in cells}
    sources = {(cell.spec.row, cell.spec.column): (cell.sources, cell.task_version) for cell in cells}
    moved = 0
    for record in read_records(records)[0]:
        name = (record["task"], record["model"])
        if name not in sources:
            continue
        key = specs.get((*name, record["seed"]))
        fresh = record["key"] == key if key else (record["sources"], record["task_version"]) == sources[name]
        if not fresh:
            path = records / record_name(*name, record["seed"])
            if path.is_file():
                (records / "stale").mkdir(exist_ok=True)
                digest = hashlib.blake2b(path.read_bytes(), digest_size=4).hexdigest()
                path.replace(records / "stale" / f"{path.stem}-{digest}.json")
                moved += 1
    return moved


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
    context = multiprocessing.get_context("spawn")
    messages: Any = context.Queue()
    stop = context.Event()
    failures: list[str] = []

    def run_pool(todo: list[Cell], workers: int) -> list[Cell]:
        """Run these cells; return those that were left when a worker died."""
        left = list(todo)
        with ProcessPoolExecutor(workers, context, start_worker, (messages, stop, threads)) as pool:
            futures = {pool.submit(work, cell, records, device): cell for cell in todo}
            try:
                for report in gather(futures, messages, listen):
                    left.remove(report.cell)
                    listen(report)
                    if report.kind == "failed":
                        failures.append(f"{report.cell.name}: {report.payload}")
            except BrokenProcessPool:
                pass
            except KeyboardInterrupt:
                stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return left

    left = run_pool(cells, jobs)
    while left:
        suspects, left = left[:jobs], left[jobs:]  # the cells that ran when a worker died: each again, alone
        for cell in suspects:
            if is_fresh(cell, records):  # it was written just before
                listen(
                    Report(cell, "done", read_record(records / record_name(cell.spec.row, cell.spec.column, cell.seed)))
                )
            elif run_pool([cell], 1):
                report = Report(cell, "failed", "a worker process died (out of memory?)")
                listen(report)
                failures.append(f"{cell.name}: {report.payload}")
        left = run_pool(left, jobs) if left else []
    return failures


def gather(futures: dict[Future[Report], Cell], messages: Any, listen: Listen) -> Iterator[Report]:
    """Yield the report of each cell as it ends, passing on what the workers tell meanwhile."""
    pending = set(futures)
    while pending:
        ended, pending = wait(pending, timeout=POLL, return_when=FIRST_COMPLETED)
        while True:
            try:
                listen(messages.get_nowait())
            except queue.Empty:
                break
        for future in ended:
            yield future.result()


_messages: Any = None
_stop: Any = None


def start_worker(messages: Any, stop: Any, threads: int) -> None:
    """Prepare a worker process: Ctrl-C is the parent's to handle, and the worker must not outlive it."""
    global _messages, _stop
    _messages, _stop = messages, stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    import torch

    torch.set_num_threads(threads)


def end_with_parent() -> None:
    """Wait for the parent to die, then leave at once: a killed run leaves no worker behind."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def work(cell: Cell, records: Path, device: str) -> Report:
    """Run one cell in a worker."""

    def watch(look: Any) -> None:
        if _stop.is_set():
            raise StoppedError
        _messages.put(Report(cell, "look", look))

    return attempt(cell, records, device, watch)


def attempt(cell: Cell, records: Path, device: str, watch: Callable[[Any], None]) -> Report:
    """Run a cell; a failure of the work becomes a report with one line."""
    from models.base import UnsuitableError

    if os.environ.get("LENGTHWISE_DEBUG"):
        return Report(cell, "done", run_cell(cell, records, device, watch))
    try:
        record: Record = run_cell(cell, records, device, watch)
    except (RequestError, UnsuitableError):
        raise
    except StoppedError:
        return Report(cell, "failed", "interrupted")
    except Exception as error:
        return Report(cell, "failed", f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
    return Report(cell, "done", record)
