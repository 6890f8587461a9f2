"""Where a page's numbers come from, and what makes them again."""

from __future__ import annotations

from collections.abc import Iterable

from bench.records.store import Record
from bench.spec.settings import written
from bench.suites.suites import SUITES
from bench.views.charts.material import Run


def facts(run: Run) -> list[tuple[str, list[str]]]:
    """Return what is known of a run's origin: names with one line or more each."""
    records = [record for found in run.groups.values() for record in found]
    versions = [sorted((record.get("versions") or {}).items()) for record in records]
    tasks = []
    for task in run.tasks:
        own = [record for record in records if record["task"] == task]
        numbers = written(sorted({record["task_version"] for record in own}))
        tasks.append(f"{task}: version {numbers}, {', '.join(sorted({record['evaluation_hash'] for record in own}))}")
    return [
        ("Records", [f"{len(records)} of {len(run.groups)} pairs"]),
        ("Seeds", [written(sorted({record["seed"] for record in records}))]),
        ("Commits", counted(commit(record) for record in records)),
        ("Devices", counted(device(record) for record in records)),
        ("Versions", counted(", ".join(f"{name} {said}" for name, said in each) or "unknown" for each in versions)),
        ("Training time", [f"{sum(record['timing']['train_seconds'] for record in records):,.0f} s in all"]),
        ("Endings", counted(record["status"] for record in records)),
        ("Tasks: version, evaluation set", tasks),
    ]


def counted(lines: Iterable[str]) -> list[str]:
    """Return each line once, with how many records say it where they do not all agree."""
    every = list(lines)
    once = sorted(set(every))
    return once if len(once) == 1 else [f"{line} ({every.count(line)} of {len(every)} records)" for line in once]


def commit(record: Record) -> str:
    """Say by which code a record was made."""
    known = record["commit"] or "no commit is known"
    return f"{known}, with changes that were not committed" if record["commit"] and record["dirty"] else known


def device(record: Record) -> str:
    """Say where a record was made."""
    threads = record.get("threads")
    return f"{record['device']}, {threads} {'thread' if threads == 1 else 'threads'} each"


def commands(run: Run) -> list[tuple[str, str]]:
    """Return the commands that make the records and the page, with what each does; DIR: the run's folder."""
    made = [("Made this page from the records in DIR, and makes it again", "python -m bench report --out DIR")]
    if run.suite not in SUITES:
        return made
    seeds = sorted({record["seed"] for found in run.groups.values() for record in found})
    chosen = f"{seeds[0]}," if len(seeds) == 1 else ",".join(map(str, seeds))  # a comma makes it a list, not a count
    trains = f"python -m bench run --suite {run.suite} --seeds {chosen} --out DIR"
    return [("Trains what is missing of the suite in DIR", trains), *made]
