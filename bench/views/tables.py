"""The tables of a run: read from its records, written beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bench.analysis.frame import Groups, group
from bench.analysis.tables import tables
from bench.records.store import collection_paused, read_records, write_atomically
from bench.spec.errors import WorkError
from bench.views.columns import BY_LENGTH, LEADERBOARD, csv_names
from bench.views.markdown import leaderboard_page


@dataclass(frozen=True)
class Tables:
    """A run's records by pair, their tables, and what was left out."""

    groups: Groups
    lengths: pd.DataFrame
    board: pd.DataFrame
    problems: list[str]


@collection_paused()
def read_tables(out: Path) -> Tables:
    """Make the tables of a run's folder; one without records raises."""
    records, problems = read_records(out / "records")
    if not records:
        raise WorkError(f"no records in {str(out / 'records')!r}: run `python -m bench run` first")
    groups, mixed = group(records)
    return Tables(groups, *tables(groups), problems + mixed)


@collection_paused()
def write_tables(out: Path, suite: str) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Rebuild by_length.csv, leaderboard.csv and leaderboard.md from records -> the two frames, notes on problems."""
    found = read_tables(out)
    write_atomically(out / "by_length.csv", as_csv(found.lengths, BY_LENGTH))
    write_atomically(out / "leaderboard.csv", as_csv(found.board, LEADERBOARD))
    write_atomically(out / "leaderboard.md", leaderboard_page(suite, found.groups, found.lengths, found.board))
    return found.lengths, found.board, found.problems


def as_csv(frame: pd.DataFrame, order: list[str]) -> str:
    """Write a table's columns, numbers with six digits; each of a column's different numbers is written once."""
    written: dict[str, ArrayLike] = {}
    for name in csv_names(order, frame):
        values = frame[name]
        if values.dtype == float:
            different, place = np.unique(values, return_inverse=True)
            written[name] = np.array(["" if value != value else f"{value:.6g}" for value in different], object)[place]
        else:
            written[name] = values
    return pd.DataFrame(written).to_csv(index=False)
