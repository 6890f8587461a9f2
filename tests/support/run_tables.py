"""A run's tables as tests read them: made from hand-made records."""

from __future__ import annotations

import csv
from pathlib import Path

from bench.records.store import Record, write_record
from bench.views.tables import write_tables

FILES = ("by_length.csv", "leaderboard.csv", "leaderboard.md")
Rows = list[dict[str, str]]


def tables(folder: Path, *records: Record) -> tuple[Rows, Rows, str, list[str]]:
    """Write records and their tables -> rows of by_length.csv and of leaderboard.csv, the page, the notes."""
    for made in records:
        write_record(folder / "records", made)
    problems = write_tables(folder, "mine")[2]
    lengths, board = (rows_in(folder / name) for name in FILES[:2])
    return lengths, board, (folder / "leaderboard.md").read_text(encoding="utf-8"), problems


def rows_in(path: Path) -> Rows:
    """Return the rows of a CSV."""
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def lines_of(page: str, model: str) -> list[list[str]]:
    """Return the cells of a model's lines: of the leaderboard, of the costs, of the accuracies by length."""
    lines = [line for line in page.splitlines() if line.startswith(f"| {model} ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def column(rows: Rows, name: str) -> list[float]:
    """Return a column of numbers."""
    return [float(row[name]) for row in rows]
