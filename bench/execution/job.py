"""Jobs: a spec and the seeds that it is trained with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.records.sources import TRIAL, fingerprint
from bench.records.store import cell_key, record_name
from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec


@dataclass(frozen=True)
class Job:
    """A spec and its seeds; each seed becomes one record.

    keep_weights: they stay in the run's folder after the record is written
    task_version, sources: what a record's key hangs on besides spec and seed
    """

    spec: Spec
    seeds: tuple[int, ...]
    plugins: tuple[Path, ...] = ()
    keep_weights: bool = False
    task_version: int = 1
    sources: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        """The row and the column of the tables that its records count in."""
        return self.spec.row, self.spec.column

    def key(self, seed: int) -> str:
        """Hash what is asked for and the sources that make it: the key under which a seed's record is current."""
        return cell_key(self.spec, seed, self.task_version, self.sources)

    def weights_key(self, seed: int) -> str:
        """Hash what makes a seed's weights: its key, but for how many examples evaluate them afterwards."""
        return cell_key(replace(self.spec, examples=1), seed, self.task_version, self.sources)

    def name(self, seed: int) -> str:
        """How progress lines call one of its seeds."""
        return f"{self.spec.row} {self.spec.column} seed {seed}"

    def file(self, seed: int) -> str:
        """The name of a seed's record."""
        return record_name(self.spec.row, self.spec.column, seed)


def make_jobs(
    specs: Iterable[Spec], seeds: Sequence[int], catalogue: Catalogue, keep_weights: bool = False
) -> list[Job]:
    """Return a job for each spec and seed, seed by seed, so that every pair has a number early."""
    jobs = []
    for spec in specs:
        task, model = catalogue.find("task", spec.task), catalogue.find("model", spec.model)
        sources = fingerprint(TRIAL, task.file, model.file)
        jobs.append(Job(spec, tuple(seeds), catalogue.plugins, keep_weights, task.version, sources))
    return [replace(job, seeds=(seed,)) for seed in seeds for job in jobs]


def each_seed(jobs: Iterable[Job]) -> Iterator[tuple[Job, int]]:
    """Yield every seed of every job, in order."""
    return ((job, seed) for job in jobs for seed in job.seeds)
