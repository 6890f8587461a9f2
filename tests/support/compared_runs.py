"""Runs to compare: a pair's records with their tables, and the command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness import Outcome, record

from bench.records.store import write_record
from bench.views.tables import write_tables

ALL_RIGHT = {3: 100, 4: 100, 6: 100}
SOURCES = ("records", "by_length.csv", "leaderboard.csv")
Command = Callable[..., Outcome]


def make(
    folder: Path,
    name: str = "gru",
    rights: dict[int, int] | None = None,
    seeds: Sequence[int] = (0, 1, 2),
    **changes: Any,
) -> Path:
    """Add a pair's records to a run and write its tables."""
    for seed in seeds:
        write_record(folder / "records", record(rights or ALL_RIGHT, model=name, seed=seed, **changes))
    write_tables(folder, "mine")
    return folder
