"""The page's tables: the leaderboard with what it is sorted by, and the numbers beside the charts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from bench.formats import percent, share
from bench.markdown import HEADER, estimate, summary_cells
from bench.pages.curves import said
from bench.pages.errors import COLUMNS
from bench.pages.material import Run
from bench.pages.style import Look

SORTED_BY = {"solved": "solve_rate", "steps / budget": "steps"}  # other columns: by what they are called
WORDS = ("task", "model")
NAMES = ("task", *HEADER, "area")
EXPLAINED = {
    "task": "what is learned",
    "model": "the family",
    "inside": "exact match at training lengths, in percent",
    "beyond": "mean exact match over the evaluated lengths past training",
    "shorter": "the same over untrained lengths below the longest trained one",
    "L99": "longest evaluated length up to which exact match stays at 99 %",
    "L90": "longest evaluated length up to which exact match stays at 90 %",
    "L50": "longest evaluated length up to which exact match stays at 50 %",
    "solved": "seeds with 99 % or more inside training",
    "parameters": "numbers that were learned",
    "steps / budget": "optimiser steps taken and allowed",
    "seconds": "training time",
    "area": "mean exact match over log length, from the shortest evaluated length to the longest",
}


@dataclass(frozen=True)
class Column:
    """A column of the leaderboard; `words`: sorted as text."""

    name: str
    explained: str
    words: bool


@dataclass(frozen=True)
class Line:
    """A row of the leaderboard: its cells, and beside each what it is sorted by ("" for nothing)."""

    task: int
    look: Look
    cells: list[tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """Numbers beside a chart; a row's first cell is its heading."""

    caption: str
    heads: list[str]
    rows: list[list[str]]


def board_columns() -> list[Column]:
    """Return the leaderboard's columns."""
    return [Column(name, EXPLAINED.get(name, ""), name in WORDS) for name in NAMES]


def board_lines(run: Run) -> list[Line]:
    """Return the leaderboard's rows."""
    lines = []
    for row in run.board.to_dict("records"):
        shown = summary_cells(row, run.groups[row["task"], row["model"]][0])
        texts = [row["task"], *shown, share(*estimate(row, "area"))]
        keys = [row.get(SORTED_BY.get(name, name.lower()), text) for name, text in zip(NAMES, texts, strict=True)]
        cells = [(text, sort_key(key)) for text, key in zip(texts, keys, strict=True)]
        lines.append(Line(run.tasks.index(row["task"]), run.looks[row["model"]], cells))
    return lines


def sort_key(value: object) -> str:
    """Write what a cell is sorted by; NaN is nothing, and stands last."""
    return "" if isinstance(value, float) and math.isnan(value) else str(value)


def length_table(run: Run, task: str) -> Table:
    """Return the numbers of a task's chart by length."""
    columns = sorted(set(run.rows(task)["length"]))
    rows = []
    for model in sorted(run.records(task)):
        by_length = run.rows(task, model).set_index("length").to_dict("index")
        found = (by_length.get(length) for length in columns)
        rows.append([model, *("" if row is None else cell(row) for row in found)])
    return Table("Exact match in percent by length, with 95 % intervals", ["family", *map(str, columns)], rows)


def cell(row: dict[Any, Any]) -> str:
    """Write an accuracy with its interval, and the error of real values."""
    text = share(row["exact_match"], row["low"], row["high"])
    return text if math.isnan(row["nrmse"]) else f"{text}, NRMSE {percent(row['nrmse'])}"


def stop_table(run: Run, task: str) -> Table:
    """Return the numbers of a task's stop and content errors, inside training and beyond."""
    heads = ["family"]
    for where in ("inside", "beyond"):
        heads += [f"{where}: right", f"{where}: stop error", f"{where}: content error"]
    rows = []
    for model in run.records(task):
        cells = [model]
        for split in ("train", "beyond"):
            found = run.rows(task, model)
            found = found[found["split"] == split]
            cells += [percent(found[column].mean()) for column in COLUMNS]
        rows.append(cells)
    return Table("Share of strings in percent, mean over lengths", heads, rows)


def curve_table(run: Run, task: str) -> Table:
    """Return where each learning curve of a task ended."""
    rows = [
        [model, str(record["seed"]), said(record, "exact"), said(record, "loss"), f"{record['steps']:,}"]
        for model, records in run.records(task).items()
        for record in records
        if record["curve"]
    ]
    heads = ["family", "seed", "held-out exact match", "training loss", "steps taken"]
    return Table("The end of each curve", heads, rows)
