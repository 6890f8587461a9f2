"""The third table of a task whose records have adversarial sets: what is right of these, how far, how often at 10x."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bench.records.store import Record
from bench.views.numbers import estimate, heading_rows, percent, reach, row_of, share

HEADER = ("model", "adversarial", "adversarial L99", "solved at 10x")
INTRODUCTION = """Adversarial sets ({kinds}): *adversarial* is their exact match over the lengths past training, each
kind and each length alike, *adversarial L99* its horizon; *solved at 10x* is the share of seeds with 99 % or more of
the random strings at the evaluated length nearest to ten times the longest trained one; the last column names the kind
with the least right at length {longest}.
"""


def adversarial_parts(board: pd.DataFrame, lengths: pd.DataFrame, record: Record) -> list[str]:
    """Return what the page says of a task's adversarial sets; nothing where no record has any.

    record: any of the task's that has some
    """
    known = lengths[lengths["adversarial"].notna()]
    if known.empty:
        return []
    longest, edge = int(known["length"].max()), max(record["inside_lengths"])
    kinds = sorted({kind for found in record["adversarial"].values() for kind in found})
    at_end = {row["model"]: row for row in known[known["length"] == longest].to_dict("records")}
    last = known.groupby("model")["length"].max().to_dict()  # of each model, where its horizon would be censored
    lines = heading_rows((*HEADER, f"worst kind at {longest}"))
    for row in board.to_dict("records"):
        cells = [
            str(row["model"]),
            share(*estimate(row, "adversarial")),
            horizon_cell(row, edge, last.get(row["model"], 0)),
        ]
        cells += [share(*estimate(row, "solve_rate_10x")), worst(at_end.get(row["model"]))]
        lines.append(row_of(cells))
    return [INTRODUCTION.format(kinds=", ".join(kinds), longest=longest), "\n".join(lines) + "\n"]


def horizon_cell(row: dict[Any, Any], edge: int, longest: int) -> str:
    """Return the adversarial horizon of a row of the leaderboard; `>=` marks it where the row's longest set holds."""
    if pd.isna(row["adversarial_l99"]):
        return "-"
    return reach(*estimate(row, "adversarial_l99"), edge, longest)


def worst(row: dict[Any, Any] | None) -> str:
    """Name the kind with the least right of a row of by_length.csv, and how much that is."""
    return "-" if row is None else f"{row['adversarial_worst']} {percent(row['adversarial_worst_match'])}"
