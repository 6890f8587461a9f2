"""Runs jobs on a Ray cluster: one that Ray starts on this machine, or by --address one that is there."""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any

from bench.execution.executor import Listen, Resources, Store, Trial, register
from bench.execution.job import Job
from bench.execution.remote import Handle, Parcel, run_remotely, work
from bench.spec.errors import RequestError
from bench.spec.home import ROOT

MOMENT, SHORT_WAIT = 0.5, 10.0  # seconds
TOKEN = " (one that `ray start` made asks for a token: set RAY_AUTH_MODE=token)"
LEFT_HERE = [".git", ".venv*", "results", "docs", "tests", "**/__pycache__"]  # of the checkout that workers get


@register("ray")
class OnRay:
    """Sends each seed out as a task of Ray's, which has so many processors as a job has threads."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources
        try:
            import ray
        except ImportError as error:
            raise RequestError("--executor ray needs Ray: pip install 'lengthwise[ray]'") from error
        self.ray: Any = ray

    def run(self, jobs: Sequence[Job], store: Store[Trial], listen: Listen) -> list[str]:
        """Make every seed that is not made yet; what a lost worker did runs again."""
        return run_remotely(Cluster(self.ray, self.resources), jobs, store, self.resources, listen)


def knock(address: str) -> None:
    """Connect to HOST:PORT or ray://HOST:PORT once, and raise OSError if nobody answers: Ray would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), SHORT_WAIT).close()


class Cluster:
    """A Ray cluster while it is entered."""

    def __init__(self, ray: Any, resources: Resources) -> None:
        self.ray, self.resources = ray, resources
        self.slots = resources.jobs
        self.running: dict[Any, Handle] = {}
        self.numbers = itertools.count()

    def __enter__(self) -> Cluster:
        where = self.resources.address
        asked: dict[str, Any] = {"address": where or "local", "log_to_driver": False, "logging_level": "ERROR"}
        if where:
            asked["runtime_env"] = {"working_dir": str(ROOT), "excludes": LEFT_HERE}
        else:
            asked |= {"num_cpus": self.resources.jobs * self.resources.threads, "include_dashboard": False}
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        try:
            knock(where)
            self.ray.init(**asked)
        except Exception as error:  # whatever a network does
            reason = str(error).strip().splitlines() or [type(error).__name__]
            hint = TOKEN if where and "RAY_AUTH_MODE" not in os.environ and not isinstance(error, OSError) else ""
            raise RequestError(f"no Ray cluster at {where or 'this machine'!r}: {reason[0]}{hint}") from error
        if where:
            self.slots = max(1, int(self.ray.cluster_resources().get("CPU", 1)) // self.resources.threads)
        needs: dict[str, float] = {"num_cpus": self.resources.threads, "max_retries": 0}
        if self.resources.device.startswith("cuda"):
            needs["num_gpus"] = 1 / max(1, self.resources.jobs)
        self.task = self.ray.remote(**needs)(work)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.ray.shutdown()

    def submit(self, job: Job, store: Store[Trial], resources: Resources) -> Handle:
        """Send out a task."""
        handle = next(self.numbers)
        self.running[self.task.remote(job, store, resources)] = handle
        return handle

    def finished(self) -> Iterator[tuple[Handle, Parcel | str]]:
        """Wait a moment -> what has ended since."""
        ended, _ = self.ray.wait(list(self.running), timeout=MOMENT)
        for each in ended:
            handle = self.running.pop(each)
            try:
                yield handle, self.ray.get(each)
            except Exception as error:  # of Ray's own: what a job raises is in its parcel
                yield handle, f"its worker was lost: {type(error).__name__}"
