"""The leaderboard on the terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from rich.console import Group
from rich.table import Table

from bench.views.numbers import percent, perplexity
from bench.views.texts import KIND

MOST = 200  # rows of a table that a terminal shows; the files have them all
STRINGS = ("inside", "beyond", "shorter", "L99", "L50", "solved", "steps / budget", "seconds")
TEXTS = ("nats", "bits", "perplexity", "accuracy, %", "nats inside", "steps / budget", "seconds")


def leaderboard_table(board: pd.DataFrame) -> Group:
    """Return the leaderboard as tables for people: percentages of exact match, and nats of texts."""
    texts = board["kind"] == KIND
    tables = []
    if not texts.all():
        tables.append(ranked("free-running exact match, %", board[~texts], STRINGS, string_cells))
    if texts.any():
        tables.append(ranked("texts: nats of a symbol, state carried", board[texts], TEXTS, text_cells))
    return Group(*tables)


def ranked(
    title: str, board: pd.DataFrame, header: tuple[str, ...], cells: Callable[[dict[Any, Any]], list[str]]
) -> Table:
    """Return one table: a section a task."""
    table = Table(title=title, title_justify="left")
    table.add_column("task", overflow="fold")
    table.add_column("model", overflow="fold")
    for name in header:
        table.add_column(name, justify="right", no_wrap=True)
    last = None
    for row in board.head(MOST).to_dict("records"):
        if last is not None and row["task"] != last:
            table.add_section()
        table.add_row("" if row["task"] == last else str(row["task"]), str(row["model"]), *cells(row))
        last = row["task"]
    if len(board) > MOST:
        table.caption = f"{len(board) - MOST:,} more rows are in leaderboard.md"
    return table


def string_cells(row: dict[Any, Any]) -> list[str]:
    """Return the cells under STRINGS."""
    return [
        *(percent(row[name]) for name in ("inside", "beyond", "shorter")),
        *(str(row[level]) if row[level] else "-" for level in ("l99", "l50")),
        f"{round(row['solve_rate'] * row['seeds'])}/{row['seeds']}",
        *costs(row),
    ]


def text_cells(row: dict[Any, Any]) -> list[str]:
    """Return the cells under TEXTS."""
    nats = [number(row[name]) for name in ("nats", "bits")]
    return [*nats, perplexity(row["perplexity"]), percent(row["accuracy"]), number(row["nats_inside"]), *costs(row)]


def costs(row: dict[Any, Any]) -> list[str]:
    """Return the steps and the seconds of a row."""
    return [f"{row['steps']:,} / {row['budget']:,}" if row["steps"] else "fitted", f"{row['seconds']:.1f}"]


def number(value: float) -> str:
    """A measured number, where there is one."""
    return "-" if pd.isna(value) else f"{value:.3f}"
