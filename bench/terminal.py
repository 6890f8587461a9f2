"""The leaderboard on the terminal."""

from __future__ import annotations

import pandas as pd
from rich.table import Table

from bench.formats import percent

MOST = 200  # rows that a terminal shows; the files have them all


def leaderboard_table(board: pd.DataFrame) -> Table:
    """Return the leaderboard as a table for people; percentages of exact match."""
    table = Table(title="free-running exact match, %", title_justify="left")
    table.add_column("task", overflow="fold")
    table.add_column("model", overflow="fold")
    for name in ("inside", "beyond", "shorter", "L99", "L50", "solved", "steps / budget", "seconds"):
        table.add_column(name, justify="right", no_wrap=True)
    last = None
    for row in board.head(MOST).to_dict("records"):
        if last is not None and row["task"] != last:
            table.add_section()
        table.add_row(
            "" if row["task"] == last else str(row["task"]),
            str(row["model"]),
            percent(row["inside"]),
            percent(row["beyond"]),
            percent(row["shorter"]),
            *(str(row[level]) if row[level] else "-" for level in ("l99", "l50")),
            f"{round(row['solve_rate'] * row['seeds'])}/{row['seeds']}",
            f"{row['steps']:,} / {row['budget']:,}" if row["steps"] else "fitted",
            f"{row['seconds']:.1f}",
        )
        last = row["task"]
    if len(board) > MOST:
        table.caption = f"{len(board) - MOST:,} more rows are in leaderboard.md"
    return table
