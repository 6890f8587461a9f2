"""What a try of settings comes to: nothing is written, whoever listens is told how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.execution.executor import Listen, Tried, validated
from bench.execution.job import Job

if TYPE_CHECKING:
    from bench.trial.inside import Inside
    from bench.trial.turns import Turns


class TryStore:
    """Trains seeds and judges them inside their training lengths; it keeps nothing."""

    def ended(self, job: Job, seed: int) -> None:
        """Return nothing: only tries that are to be made are asked for."""

    def trial(self, job: Job, seed: int, device: str, listen: Listen) -> Turns[Inside]:
        """Return the training of a seed, which is judged inside its lengths; torch is imported here at last."""
        from bench.trial.inside import inside_in_turns

        return inside_in_turns(job.spec, seed, device, partial(validated, listen, job, seed))

    def conclude(self, job: Job, seed: int, trial: Inside, device: str, seeds_at_once: int = 1) -> Tried:
        """Return what there is to tell; nothing is kept."""
        return Tried(job, seed, trial)

    def moved(self, folder: Path) -> TryStore:
        """Return the same: it writes nothing anywhere."""
        return self

    def receive(self, files: Mapping[str, bytes]) -> None:
        """Take nothing: there is nothing to write."""
