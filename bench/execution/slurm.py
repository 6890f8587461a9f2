"""Runs jobs on a Slurm cluster, by submitit; --address local or debug runs them here, in the same way."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from bench.execution.executor import Listen, Resources, Store, Trial, register
from bench.execution.job import Job
from bench.execution.remote import Handle, Parcel, run_remotely, work
from bench.spec.errors import RequestError, choose_from

CLUSTERS = ("slurm", "local", "debug")  # as submitit calls them
FOLDER = Path("slurm-jobs")  # where submitit keeps its files: on a disk that all machines see
LONGEST = 24 * 60  # minutes that a job may take
MOMENT = 0.5  # seconds


@register("slurm")
class OnSlurm:
    """Submits each seed as a job."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources
        where = resources.address or CLUSTERS[0]
        if where not in CLUSTERS:
            raise choose_from("--address of --executor slurm", where, CLUSTERS)
        try:
            import submitit
        except ImportError as error:
            raise RequestError("--executor slurm needs submitit: pip install 'lengthwise[slurm]'") from error
        try:
            self.engine = Queue(submitit.AutoExecutor(folder=FOLDER, cluster=where), resources)
        except (RuntimeError, OSError) as error:
            raise RequestError(f"no Slurm here: {str(error).splitlines()[0]}") from error

    def run(self, jobs: Sequence[Job], store: Store[Trial], listen: Listen) -> list[str]:
        """Make every seed that is not made yet; a job that is lost is submitted again."""
        return run_remotely(self.engine, jobs, store, self.resources, listen)


class Queue:
    """Jobs in the queue of a cluster."""

    def __init__(self, executor: Any, resources: Resources) -> None:
        self.executor, self.slots = executor, resources.jobs
        wanted: dict[str, Any] = {"timeout_min": LONGEST, "cpus_per_task": resources.threads, "name": "lengthwise"}
        if resources.device.startswith("cuda"):
            wanted["gpus_per_node"] = 1
        executor.update_parameters(**wanted)
        self.running: dict[Handle, Any] = {}
        self.numbers = itertools.count()

    def __enter__(self) -> Queue:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for job in self.running.values():
            job.cancel()

    def submit(self, job: Job, store: Store[Trial], resources: Resources) -> Handle:
        """Put a job into the queue."""
        handle = next(self.numbers)
        self.running[handle] = self.executor.submit(work, job, store, resources)
        return handle

    def finished(self) -> Iterator[tuple[Handle, Parcel | str]]:
        """Wait a moment -> what has ended since."""
        time.sleep(MOMENT)
        for handle in [handle for handle, job in self.running.items() if job.done()]:
            job = self.running.pop(handle)
            try:
                yield handle, job.result()
            except Exception as error:  # of submitit's own: what a job raises is in its parcel
                yield handle, f"its job was lost: {type(error).__name__}"
