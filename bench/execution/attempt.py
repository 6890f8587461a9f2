"""An attempt to make a seed: where something raises, that seed has failed, in a line, and the others stand."""

from __future__ import annotations

import os
from types import TracebackType

from bench.execution.executor import Failed, Made
from bench.execution.job import Job
from bench.spec.errors import RequestError


class Attempt:
    """Do the work of one seed in its `with`, and put how it ended into `end`: what raises there puts Failed.

    What no other seed of the run could do either goes on up: a request that cannot be met, a model that does not suit.
    """

    end: Made | Failed

    def __init__(self, job: Job, seed: int) -> None:
        self.job, self.seed = job, seed

    def __enter__(self) -> Attempt:
        from bench.trial.build import load_plugin

        for plugin in self.job.plugins:
            load_plugin(plugin)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> bool:
        from models.base import UnsuitableError

        if not isinstance(error, Exception) or isinstance(error, RequestError | UnsuitableError):
            return False
        if os.environ.get("LENGTHWISE_DEBUG"):
            return False
        self.end = Failed(self.job, self.seed, in_a_line(error))
        return True


def in_a_line(error: Exception) -> str:
    """Say what was raised: its kind and the first line of what it says."""
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
