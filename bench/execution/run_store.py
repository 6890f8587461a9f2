"""A run's folder as executors see it: which seeds are done, how one is made and written, which weights are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.execution.executor import Finished, Listen, validated
from bench.execution.job import Job
from bench.records.aside import set_all_aside
from bench.records.checkpoints import checkpoint_path, load, save
from bench.records.files import write_atomically
from bench.records.store import OTHER, Found, Record, contents_of, read_one, unevaluated, write_record
from bench.spec.errors import WorkError
from bench.spec.spec import Spec

if TYPE_CHECKING:
    from bench.trial.train import Training
    from bench.trial.trial import Outcome
    from bench.trial.turns import Turns
    from models.base import Model


@dataclass(frozen=True)
class Survey:
    """What a run's folder holds of some jobs: the seeds to do, the records that stand, and those in their way."""

    pending: list[Job]
    current: list[Record]
    stale: dict[tuple[str, str], list[Found]]


@dataclass(frozen=True)
class RunStore:
    """A run's folder: records, checkpoints, and `unfinished`, the weights of trainings that have no record yet."""

    out: Path

    @property
    def records(self) -> Path:
        """Where records lie."""
        return self.out / "records"

    def survey(self, jobs: Sequence[Job]) -> Survey:
        """Read every record once -> what is left to do of these jobs."""
        contents = contents_of(self.records)
        found = {each.cell: each.record for each in contents.counting}
        current, pending = [], []
        for job in jobs:
            mine = {seed: found.get((*job.pair, seed)) for seed in job.seeds}
            stand = [record for seed, record in mine.items() if record and self.stands(job, seed, record)]
            current += stand
            left = tuple(seed for seed, record in mine.items() if record not in stand)
            pending += [replace(job, seeds=left)] if left else []
        known = [*contents.loose.values(), *contents.packed.values()]
        return Survey(pending, current, self._stale(jobs, known))

    def _stale(self, jobs: Iterable[Job], found: Iterable[Found]) -> dict[tuple[str, str], list[Found]]:
        """Return by pair the records that other settings or other code made, those of seeds not asked for included.

        Packed ones too that do not count beside a file: they would once that is moved. Not files of other names.
        """
        keys = {(*job.pair, seed): job.key(seed) for job in jobs for seed in job.seeds}
        made = {job.pair: (job.sources.whole, job.sources.task_version) for job in jobs}
        stale: dict[tuple[str, str], list[Found]] = {}
        for each in found:
            record, pair, key = each.record, each.cell[:2], keys.get(each.cell)
            if pair not in made or record["key"] == key or (each.name == OTHER and not each.is_packed):
                continue
            if key or (record["sources"], record["task_version"]) != made[pair]:
                stale.setdefault(pair, []).append(each)
        return stale

    def set_aside(self, survey: Survey, specs: Iterable[Spec]) -> int:
        """Move the stale records of these specs' pairs into records/stale; return how many."""
        pairs = dict.fromkeys((spec.row, spec.column) for spec in specs)
        return set_all_aside(found for pair in pairs for found in survey.stale.get(pair, ()))

    def ended(self, job: Job, seed: int) -> Finished | None:
        """Return how a seed ended whose record stands, None for one that is to be made."""
        record = self.finished(job, seed)
        return None if record is None else Finished(job, seed, record)

    def trial(self, job: Job, seed: int, device: str, listen: Listen) -> Turns[Outcome]:
        """Return the trial of a seed; where its weights are kept without a record, they are only evaluated.

        Torch is imported here at last.
        """
        from bench.trial.trial import trial_in_turns

        kept = self.trained(job, seed, device)
        if kept is not None:
            return evaluated(job, seed, *kept, device)
        watch = partial(validated, listen, job, seed)
        keep = partial(self.keep_cycle, job, seed), partial(self.keep, job, seed)
        return trial_in_turns(job.spec, seed, device, watch, *keep)

    def conclude(self, job: Job, seed: int, trial: Outcome, device: str, seeds_at_once: int = 1) -> Finished:
        """Write the record of a seed's trial."""
        from bench.execution.record import provenance, record_of
        from bench.probes.probe import probe

        record = record_of(job, trial, probe(trial, job.spec, device), provenance(device, seeds_at_once))
        self.write(job, seed, record)
        return Finished(job, seed, record)

    def moved(self, folder: Path) -> RunStore:
        """Return a store of the same kind in another folder."""
        return replace(self, out=folder)

    def receive(self, files: Mapping[str, bytes]) -> None:
        """Write what a store that was moved has written: records, checkpoints."""
        for name, content in files.items():
            write_atomically(self.out / name, content)

    def finished(self, job: Job, seed: int) -> Record | None:
        """Return a seed's record where it stands, None otherwise."""
        try:
            record = read_one(self.records, *job.pair, seed)
        except ValueError:
            return None
        return record if self.stands(job, seed, record) else None

    def stands(self, job: Job, seed: int, record: Record) -> bool:
        """Whether a record is a seed's last word: made by these settings and this code, with the weights asked for.

        One that lacks lengths does not stand as long as there are weights to evaluate once more.
        """
        kept = self.checkpoint(job, seed).is_file()
        if record["key"] != job.key(seed):
            return False
        if unevaluated(record) and (kept or self.unfinished(job, seed).is_file()):
            return False
        return kept or not job.keep_weights or record["status"] == "fitted"  # which has none

    def write(self, job: Job, seed: int, record: Record) -> None:
        """Write a seed's record; its weights go, unless they are to be kept or a length is still to be evaluated."""
        write_record(self.records, record)
        if not unevaluated(record):
            with suppress(OSError):
                self.unfinished(job, seed).unlink(missing_ok=True)
                self.unfinished(job, seed).parent.rmdir()  # which fails while others lie there

    def checkpoint(self, job: Job, seed: int, cycle: int | None = None) -> Path:
        """Where weights that are asked for lie: the last ones, or those at the end of a cycle of the schedule."""
        return checkpoint_path(self.out / "checkpoints", job.spec, seed, cycle)

    def unfinished(self, job: Job, seed: int) -> Path:
        """Where the weights of a training lie until its record is written."""
        return checkpoint_path(self.out / "unfinished", job.spec, seed)

    def keep_cycle(self, job: Job, seed: int, cycle: int, model: Model) -> None:
        """Keep the weights at the end of a cycle of the schedule, where weights are to be kept."""
        if job.keep_weights:
            save(self.checkpoint(job, seed, cycle), job.weights_key(seed), model)

    def keep(self, job: Job, seed: int, model: Model, training: Training) -> None:
        """Keep the weights of a training that has ended, before they are evaluated; a disk may be too full for them."""
        key = job.weights_key(seed)
        if job.keep_weights:
            save(self.checkpoint(job, seed), key, model, training)
            return
        with suppress(WorkError):
            save(self.unfinished(job, seed), key, model, training)

    def trained(self, job: Job, seed: int, device: str) -> tuple[Model, Training] | None:
        """Return a seed's model and how its training went, where its weights are kept and need only be evaluated."""
        for path in (self.unfinished(job, seed), self.checkpoint(job, seed)):
            kept = load(path, job.weights_key(seed), job.spec, device)
            if kept is not None and kept.training is not None:
                return kept.model, kept.training
        return None

    def weights(self, job: Job, seed: int, device: str) -> Model | None:
        """Return a seed's trained model, where the run kept its weights."""
        kept = load(self.checkpoint(job, seed), job.weights_key(seed), job.spec, device)
        return None if kept is None else kept.model


def evaluated(job: Job, seed: int, model: Model, training: Training, device: str) -> Turns[Outcome]:
    """Evaluate a trained model, without a pause -> its outcome."""
    from bench.trial.build import build_task
    from bench.trial.trial import Outcome, evaluate_trained

    yield from ()  # evaluation is not shared out in turns
    task = build_task(job.spec.task, job.spec.task_settings)
    return Outcome(seed, task, model, training, evaluate_trained(task, model, job.spec, device))
