"""Stale records: what other settings or other code made is set aside before its pair is trained again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from bench.execution.cell import Cell
from bench.records.store import read_records, record_name
from bench.spec.errors import WorkError


def set_aside_stale(cells: list[Cell], records: Path) -> int:
    """Move records of these pairs that other settings or other code made into records/stale; return how many."""
    specs = {(cell.spec.row, cell.spec.column, cell.seed): cell.key for cell in cells}
    sources = {(cell.spec.row, cell.spec.column): (cell.sources, cell.task_version) for cell in cells}
    moved = 0
    for record in read_records(records)[0]:
        name = (record["task"], record["model"])
        if name not in sources:
            continue
        key = specs.get((*name, record["seed"]))
        fresh = record["key"] == key if key else (record["sources"], record["task_version"]) == sources[name]
        if not fresh:
            moved += set_aside(records / record_name(*name, record["seed"]))
    return moved


def set_aside(path: Path) -> bool:
    """Move a record into the folder stale beside it; return False if there is none, or another run has moved it."""
    try:
        digest = hashlib.blake2b(path.read_bytes(), digest_size=4).hexdigest()
        aside = path.parent / "stale" / f"{path.stem}-{digest}.json"
        aside.parent.mkdir(exist_ok=True)
        path.replace(aside)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise WorkError(f"cannot set {str(path)!r} aside: {error.strerror}") from error
    return True
