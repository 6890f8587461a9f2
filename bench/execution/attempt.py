"""An attempt to make a seed that is not made yet: how it ended, or a line about why there is nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bench.execution.executor import Failed, Listen, Made, Store
from bench.execution.job import Job
from bench.spec.errors import RequestError

if TYPE_CHECKING:
    from bench.trial.turns import Turns


def attempted(
    job: Job, seed: int, store: Store, device: str, listen: Listen, seeds_at_once: int = 1
) -> Turns[Made | Failed]:
    """Make a seed that is not made yet, with a pause behind every training step -> how that ended."""
    from bench.trial.build import load_plugin
    from models.base import UnsuitableError

    try:
        end = store.ended(job, seed)  # by another run, meanwhile
        if end is None:
            for plugin in job.plugins:
                load_plugin(plugin)
            end = yield from store.make(job, seed, device, listen, seeds_at_once)
    except (RequestError, UnsuitableError):
        raise
    except Exception as error:
        if os.environ.get("LENGTHWISE_DEBUG"):
            raise
        return Failed(job, seed, in_a_line(error))
    return end


def in_a_line(error: Exception) -> str:
    """Say what was raised: its kind and the first line of what it says."""
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
