"""Where a page's numbers come from, and what makes them again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bench.records.store import Record
from bench.spec.settings import written
from bench.suites.suites import SUITES
from bench.views.charts.material import Run


def facts(run: Run) -> list[tuple[str, list[str]]]:
    """Return what is known of a run's origin: names with one line or more each."""
    records = [record for found in run.groups.values() for record in found]
    return [
        ("Records", [f"{len(records)} of {len(run.groups)} pairs"]),
        ("Seeds", [written(sorted({record["seed"] for record in records}))]),
        ("Commits", counted(made_by(record) for record in records)),
        ("Devices", counted(device(record) for record in records)),
        ("Versions", counted(versions(record) for record in records)),
        ("Training time", [f"{sum(record['timing']['train_seconds'] for record in records):,.0f} s in all"]),
        ("Endings", counted(record["status"] for record in records)),
        ("Tasks: version, evaluation set", [task_line(run, task) for task in run.tasks]),
    ]


def counted(lines: Iterable[str]) -> list[str]:
    """Return each line once, with how many records say it where they do not all agree."""
    every = list(lines)
    once = sorted(set(every))
    return once if len(once) == 1 else [f"{line} ({every.count(line)} of {len(every)} records)" for line in once]


def made_by(record: Record) -> str:
    """Say by which code a record was made."""
    commit = record["commit"]
    if commit is None:
        return "no commit is known"
    return f"{commit}, with changes that were not committed" if record["dirty"] else commit


def device(record: Record) -> str:
    """Say where a record was made."""
    threads = record.get("threads")
    return f"{record['device']}, {threads} {'thread' if threads == 1 else 'threads'} each"


def versions(record: Record) -> str:
    """Say with which versions a record was made."""
    known: dict[str, Any] = record.get("versions") or {}
    return ", ".join(f"{name} {version}" for name, version in sorted(known.items())) or "unknown"


def task_line(run: Run, task: str) -> str:
    """Say a task's version and the hashes of its evaluation sets."""
    records = [record for found in run.records(task).values() for record in found]
    numbers = written(sorted({record["task_version"] for record in records}))
    return f"{task}: version {numbers}, {', '.join(sorted({record['evaluation_hash'] for record in records}))}"


def commands(run: Run) -> list[tuple[str, str]]:
    """Return the commands that make the records and the page, with what each does; DIR: the run's folder."""
    made = [("Made this page from the records in DIR, and makes it again", "python -m bench report --out DIR")]
    if run.suite not in SUITES:
        return made
    seeds = sorted({record["seed"] for found in run.groups.values() for record in found})
    chosen = f"{seeds[0]}," if len(seeds) == 1 else ",".join(map(str, seeds))  # a comma makes it a list, not a count
    trains = f"python -m bench run --suite {run.suite} --seeds {chosen} --out DIR"
    return [("Trains what is missing of the suite in DIR", trains), *made]
