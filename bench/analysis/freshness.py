"""Whether a run's records are current: which of them other settings or other sources made, which the suite lacks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench.records.key import asked_of, hashed, key_of, sources_of
from bench.records.provenance import commit_date
from bench.records.store import Record, read_records
from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError
from bench.spec.spec import Spec
from bench.suites.suites import SUITES

GONE, UNKNOWN = "gone from the suite", "code (which part is unknown)"
PARTS = {"task": "task's source", "model": "model's source", "trial": "training or evaluation"}
Name = tuple[str, str, int]  # task, model and seed of a record


@dataclass(frozen=True)
class Freshness:
    """How a run stands: its records that are current, those that are stale and what has moved since, those missing."""

    run: str
    made: str
    current: list[Name]
    stale: dict[Name, list[str]]
    missing: list[Name]

    @property
    def moved(self) -> dict[str, int]:
        """Count the stale records by what has moved."""
        return dict(Counter(part for parts in self.stale.values() for part in parts).most_common())

    def statement(self) -> str:
        """Say in a line when a run was made, and whether it is current."""
        stands = f"{len(self.stale)} of {len(self.current) + len(self.stale)} stale" if self.stale else "current"
        return f"`{self.run}`: {self.made}; {stands}"


def freshness(run: Path, plugins: tuple[Path, ...] = ()) -> Freshness:
    """Compare a run's records with what would be made now; the name of a run tells its suite, if it is one's."""
    records, _ = read_records(run / "records")
    if not records:
        raise RequestError(f"no records in {str(run / 'records')!r}")
    name, catalogue = run.resolve().name, Catalogue(plugins)
    suite = SUITES.get(name)
    wanted = {(spec.row, spec.column): spec for spec in suite.specs} if suite else {}
    current, stale = [], {}
    for record in records:
        pair = (record["task"], record["model"])
        moved = what_moved(record, wanted.get(pair) if suite else asked_for(record), catalogue)
        if moved:
            stale[*pair, record["seed"]] = moved
        else:
            current.append((*pair, record["seed"]))
    asked = [(*pair, seed) for pair in wanted for seed in range(suite.seeds if suite else 0)]
    missing = sorted({*asked} - {*current, *stale})
    return Freshness(name, made_at(records), current, stale, missing)


def what_moved(record: Record, spec: Spec | None, catalogue: Catalogue) -> list[str]:
    """Return what is not as it was when a record was made; nothing where it is current."""
    try:
        sources = sources_of(spec, catalogue) if spec else None
    except RequestError:  # there is no such task or model any more
        sources = None
    if spec is None or sources is None:
        return [GONE]
    if record["key"] == key_of(spec, record["seed"], sources):
        return []
    asked, then, now = asked_for(record), record.get("source_parts"), sources.parts
    same = asked is not None and hashed(asked_of(asked, sources)) == hashed(asked_of(spec, sources))
    moved = [] if same else ["settings"]
    moved += ["task version"] if record["task_version"] != sources.task_version else []
    moved += [said for part, said in PARTS.items() if then and dict(then)[part] != dict(now)[part]]
    return moved if then and moved else [*moved, UNKNOWN]


def asked_for(record: Record) -> Spec | None:
    """Return what a record was asked to be; None where that can no longer be asked."""
    try:
        return Spec(**record["spec"])
    except ValueError:
        return None


def made_at(records: list[Record]) -> str:
    """Say at which commit most records were made, and when."""
    ((commit, _),) = Counter(record["commit"] for record in records).most_common(1)
    return f"made at {commit[:7]} on {commit_date(commit)[:10] or 'a day unknown'}" if commit else "made at no commit"
