"""What a try of settings comes to: nothing is written, whoever listens is told how it ended."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench.execution.executor import Listen, Tried, validated
from bench.execution.job import Job

if TYPE_CHECKING:
    from bench.trial.turns import Turns


class TryStore:
    """Trains seeds and judges them inside their training lengths; it keeps nothing."""

    def ended(self, job: Job, seed: int) -> None:
        """Return nothing: only tries that are to be made are asked for."""

    def make(self, job: Job, seed: int, device: str, listen: Listen, seeds_at_once: int) -> Turns[Tried]:
        """Train a seed and judge it; torch is imported here at last."""
        from bench.trial.inside import inside_in_turns

        trial = yield from inside_in_turns(job.spec, seed, device, partial(validated, listen, job, seed))
        return Tried(job, seed, trial)
