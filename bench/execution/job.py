"""Jobs: a spec and the seeds that it is trained with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.records.key import Sources, key_of, sources_of, weights_key
from bench.records.store import record_name
from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec


@dataclass(frozen=True)
class Job:
    """A spec and its seeds; each seed becomes one record, made by these sources.

    keep_weights: they stay in the run's folder after the record is written
    """

    spec: Spec
    seeds: tuple[int, ...]
    sources: Sources
    plugins: tuple[Path, ...] = ()
    keep_weights: bool = False

    @property
    def pair(self) -> tuple[str, str]:
        """The row and the column of the tables that its records count in."""
        return self.spec.row, self.spec.column

    def key(self, seed: int) -> str:
        """Return the key under which a seed's record is current."""
        return key_of(self.spec, seed, self.sources)

    def weights_key(self, seed: int) -> str:
        """Return the key of a seed's weights, whatever number of examples evaluates them."""
        return weights_key(self.spec, seed, self.sources)

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
    made = [(spec, sources_of(spec, catalogue)) for spec in specs]
    return [Job(spec, (seed,), sources, catalogue.plugins, keep_weights) for seed in seeds for spec, sources in made]


def each_seed(jobs: Iterable[Job]) -> Iterator[tuple[Job, int]]:
    """Yield every seed of every job, in order."""
    return ((job, seed) for job in jobs for seed in job.seeds)
