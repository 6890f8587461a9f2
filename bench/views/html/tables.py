"""The page's tables: the leaderboard with what it is sorted by, and the numbers beside the charts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from bench.views import texts
from bench.views.charts.curves import said
from bench.views.charts.errors import COLUMNS
from bench.views.charts.material import Run
from bench.views.charts.style import Look
from bench.views.markdown import HEADER, summary_cells
from bench.views.numbers import estimate, measured, percent, share

SORTED_BY = {
    "solved": "solve_rate",
    "steps / budget": "steps",
    "nats inside": "nats_inside",
}  # other columns: by what they are called
WORDS = ("task", "model")
FEWER = ("nats", "bits", "perplexity", "nats inside")
NAMES = ("task", *HEADER, "area")
TEXT_NAMES = ("task", *texts.HEADER)
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
    "nats": "mean cross-entropy of a symbol over the whole judged text, state carried: the fewer the better",
    "bits": "the nats divided by ln 2",
    "perplexity": "the exponential of the nats",
    "accuracy": "symbols that were the first choice, in percent",
    "nats inside": "nats at contexts as long as the training window",
    "window": "symbols that a training step reads, and how the text was cut where it was not read in order",
    "seeds": "trainings",
}


@dataclass(frozen=True)
class Column:
    """A column of the leaderboard; `words`: sorted as text; `fewer`: the best is the least."""

    name: str
    explained: str
    words: bool
    fewer: bool = False


@dataclass(frozen=True)
class Line:
    """A row of the leaderboard: its cells, and beside each what it is sorted by ("" for nothing).

    look: its family's; None for a reference
    """

    task: int
    look: Look | None
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
    """Return the leaderboard's rows, but those of texts that are judged by their symbols."""
    lines = []
    for row in run.board[run.board["kind"] != texts.KIND].to_dict("records"):
        shown = summary_cells(row, run.groups[row["task"], row["model"]][0])
        said = [row["task"], *shown, share(*estimate(row, "area"))]
        lines.append(Line(run.tasks.index(row["task"]), run.looks[row["model"]], keyed(row, NAMES, said)))
    return lines


def text_columns() -> list[Column]:
    """Return the columns of the leaderboard of texts."""
    return [Column(name, EXPLAINED.get(name, ""), name in WORDS, name in FEWER) for name in TEXT_NAMES]


def text_lines(run: Run) -> list[Line]:
    """Return the rows of the leaderboard of texts, under each text's models what compressors reach."""
    lines = []
    for task in run.texts:
        index, groups = run.tasks.index(task), run.records(task)
        for row in run.ranked(task).to_dict("records"):
            window = texts.window_of(groups[row["model"]][0])
            row |= {"window": float("nan") if window is None else window}
            said = [task, *texts.model_cells(row, groups[row["model"]][0])]
            lines.append(Line(index, run.looks[row["model"]], keyed(row, TEXT_NAMES, said)))
        for name, bits in texts.references_of(groups).items():
            cells = [task, name, *texts.reference_cells(name, bits)[1:]]
            known = {"task": task, "model": name, "bits": bits}
            keys = [sort_key(known.get(column, float("nan"))) for column in TEXT_NAMES]
            lines.append(Line(index, None, list(zip(cells, keys, strict=True))))
    return lines


def keyed(row: dict[Any, Any], names: tuple[str, ...], said: list[str]) -> list[tuple[str, str]]:
    """Put beside each cell what it is sorted by."""
    keys = [row.get(SORTED_BY.get(name, name.lower()), text) for name, text in zip(names, said, strict=True)]
    return [(text, sort_key(key)) for text, key in zip(said, keys, strict=True)]


def sort_key(value: object) -> str:
    """Write what a cell is sorted by; NaN is nothing, and stands last."""
    return "" if isinstance(value, float) and math.isnan(value) else str(value)


def length_table(run: Run, task: str) -> Table:
    """Return the numbers of a task's chart by length."""
    if run.is_text(task):
        return context_table(run, task)
    columns = sorted(set(run.rows(task)["length"]))
    rows = []
    for model in sorted(run.records(task)):
        by_length = run.rows(task, model).set_index("length").to_dict("index")
        found = (by_length.get(length) for length in columns)
        rows.append([model, *("" if row is None else cell(row) for row in found)])
    return Table("Exact match in percent by length, with 95 % intervals", ["family", *map(str, columns)], rows)


def context_table(run: Run, task: str) -> Table:
    """Return the numbers of a text's chart: nats by context."""
    groups, lengths = run.records(task), sorted(set(run.rows(task)["length"]))
    whole = {texts.whole_of(found[0]) for found in groups.values()}
    rows = []
    for model in groups:
        found = run.rows(task, model).set_index("length").to_dict("index")
        said = [measured(*estimate(found[n], "nats")) if n in found else "" for n in lengths]
        rows.append([model, *said])
    heads = ["family", *("whole text" if n in whole else str(n) for n in lengths)]
    return Table("Nats of a symbol by context in symbols, with 95 % intervals over seeds", heads, rows)


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
    if run.is_text(task):  # nothing of a text is held out of its training part
        heads, rows = [*heads[:2], *heads[3:]], [[*row[:2], *row[3:]] for row in rows]
    return Table("The end of each curve", heads, rows)
