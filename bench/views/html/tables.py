"""The page's tables: the leaderboards with what they are sorted by, and the numbers beside the charts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.views.charts.errors import COLUMNS, PARTS, SPLITS
from bench.views.charts.material import NATS, Run
from bench.views.charts.style import SeriesStyle
from bench.views.charts.training import MEASURES, end_of
from bench.views.columns import Column, columns, headline
from bench.views.numbers import estimate, measured, percent, share
from bench.views.texts import references_of, whole_of

LATER = 5  # columns of this rank and above are shown if asked for


@dataclass(frozen=True)
class BoardCell:
    """A number as it is shown, its interval, and what it is sorted by ("" for nothing)."""

    text: str
    interval: str
    key: str


@dataclass(frozen=True)
class Ranking:
    """A leaderboard: a row is its task's index, its family's style (None for a reference) and its cells.

    later: how many of its columns, the last ones, are shown if asked for
    """

    name: str
    columns: list[Column]
    later: int
    rows: list[tuple[int, SeriesStyle | None, list[BoardCell]]]


@dataclass(frozen=True)
class NumbersTable:
    """Numbers beside a chart; a row's first cell is its heading."""

    caption: str
    heads: Sequence[str]
    rows: list[list[str]]


def boards(run: Run) -> dict[str, Ranking]:
    """Return the leaderboards by metric: of the tasks with exact match, and of those in nats."""
    task, area = columns("task area")
    exact = ranking("board", [task, *headline("exact_match"), area], run, run.strings)
    return {"exact": exact, NATS: ranking("board-texts", [task, *headline(NATS)], run, run.texts)}


def ranking(name: str, layout: Sequence[Column], run: Run, tasks: Sequence[str]) -> Ranking:
    """Return a leaderboard, columns that matter most first; under each text's models stands what compressors reach."""
    order = sorted(layout, key=lambda column: column.rank >= LATER)
    rows: list[tuple[int, SeriesStyle | None, list[BoardCell]]] = []
    for task in tasks:
        references = references_of(run.records(task)).items() if run.metric(task) == NATS else ()
        found = run.ranked(task).to_dict("records")
        found += [{"task": task, "model": model, "bits": bits} for model, bits in references]
        for row in found:
            style = run.styles[row["model"]] if "steps" in row else None
            rows.append((run.tasks.index(task), style, [cell(column, row) for column in order]))
    return Ranking(name, order, sum(column.rank >= LATER for column in order), rows)


def cell(column: Column, row: dict[Any, Any]) -> BoardCell:
    """Return a cell; NaN, and what a reference has not, is sorted as nothing and stands last."""
    key = row.get(column.name, math.nan)
    said = column.write(row, True) if "steps" in row else key if column.words else measured(key)
    shown, mark, interval = said.partition(" [") if said.endswith("]") and not column.words else (said, "", "")
    return BoardCell(shown, f"{mark}{interval}".strip(), "" if pd.isna(key) else str(key))


def length_numbers(run: Run, task: str) -> NumbersTable:
    """Return the numbers of a task's chart by length: exact match and the error of real values, or nats by context."""
    rows, nats = run.rows(task), run.metric(task) == NATS
    said = []
    for row in rows.to_dict("records"):
        error = "" if math.isnan(row["nrmse"]) else f", NRMSE {percent(row['nrmse'])}"
        exact = f"{share(row['exact_match'], row['low'], row['high'])}{error}"
        said.append(measured(*estimate(row, "nats")) if nats else exact)
    table = rows.assign(said=said).pivot_table("said", "model", "length", aggfunc="first").fillna("")
    whole = {whole_of(seeds[0]) for seeds in run.records(task).values()} if nats else set()
    heads = ["whole text" if length in whole else str(length) for length in map(int, table.columns)]
    caption = "Nats per token by context, in tokens" if nats else "Exact match in percent by length"
    return NumbersTable(f"{caption}, with 95 % intervals", ["family", *heads], table.reset_index().to_numpy().tolist())


def eos_numbers(run: Run, task: str) -> NumbersTable:
    """Return the numbers of a task's EOS and token errors, in distribution and beyond."""
    means = run.rows(task).pivot_table(list(COLUMNS), "model", "split")
    wanted = pd.MultiIndex.from_tuples([(column, split) for split in SPLITS.values() for column in COLUMNS])
    shown = means.reindex(index=list(run.records(task)), columns=wanted).map(percent)
    heads = [f"{where}: {part}" for where in SPLITS for part in PARTS]
    rows = shown.reset_index().to_numpy().tolist()
    return NumbersTable("Share of strings in percent, mean over lengths", ["family", *heads], rows)


def curve_numbers(run: Run, task: str) -> NumbersTable:
    """Return where each learning curve of a task ended; nothing of a text is held out of its training part."""
    measures = [name for name in MEASURES if name == "loss" or run.metric(task) != NATS]
    rows = [
        [model, str(record["seed"]), *(end_of(record, name) for name in measures), f"{record['steps']:,}"]
        for model, records in run.records(task).items()
        for record in records
        if record["curve"]
    ]
    heads = ["family", "seed", *(MEASURES[name] for name in measures), "steps taken"]
    return NumbersTable("The end of each curve", heads, rows)


NUMBERS: dict[str, Callable[[Run, str], NumbersTable]] = {
    "lengths": length_numbers,
    "stops": eos_numbers,
    "curves": curve_numbers,
}
