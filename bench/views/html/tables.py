"""The page's tables: the leaderboards with what they are sorted by, and the numbers beside the charts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.views import texts
from bench.views.charts.curves import MEASURES, end_of
from bench.views.charts.errors import COLUMNS, PARTS
from bench.views.charts.material import NATS, Run
from bench.views.charts.style import SeriesStyle
from bench.views.markdown import HEADER, summary_cells
from bench.views.numbers import estimate, measured, percent, share

SORTED_BY = {"solved": "solve_rate", "steps / budget": "steps", "nats inside": "nats_inside"}  # others: by their names
WORDS = ("task", "model")
FEWER = ("nats", "bits", "perplexity", "nats inside")
LATER = ("shorter", "L50", "steps / budget", "area", "nats inside", "window", "seeds")  # columns that are asked for
EXPLAINED = {
    "task": "what is learned",
    "model": "the family",
    "inside": "exact match in distribution, at training lengths, in percent",
    "beyond": "extrapolation: mean exact match over the evaluated lengths past training, in percent",
    "shorter": "the same over unseen lengths below the longest trained one",
    "L99": "longest evaluated length up to which exact match stays at 99 %",
    "L90": "longest evaluated length up to which exact match stays at 90 %",
    "L50": "longest evaluated length up to which exact match stays at 50 %",
    "solved": "seeds with 99 % or more in distribution",
    "parameters": "numbers that were learned",
    "steps / budget": "optimiser steps taken and allowed",
    "seconds": "training time",
    "area": "mean exact match over log length, from the shortest evaluated length to the longest",
    "nats": "mean cross-entropy of a token over the whole evaluated text, state carried: the fewer the better",
    "bits": "the nats divided by ln 2",
    "perplexity": "the exponential of the nats",
    "accuracy": "tokens that were the first choice, in percent",
    "nats inside": "nats at contexts as long as the training window",
    "window": "tokens that a training step reads, and how the text was cut where it was not read in order",
    "seeds": "trainings",
}


Row = tuple[int, SeriesStyle | None, dict[Any, Any], list[str]]  # its task's index, style, numbers and texts


@dataclass(frozen=True)
class Heading:
    """A column of a leaderboard; words: sorted as text; fewer: the best is the least; later: shown if asked for."""

    name: str
    explained: str
    words: bool
    fewer: bool
    later: bool


@dataclass(frozen=True)
class Cell:
    """A number as it is shown, its interval, and what it is sorted by ("" for nothing)."""

    text: str
    interval: str
    key: str


@dataclass(frozen=True)
class Ranking:
    """A leaderboard; a row is its task's index, its family's style (None for a reference) and its cells."""

    name: str
    headings: list[Heading]
    rows: list[tuple[int, SeriesStyle | None, list[Cell]]]


@dataclass(frozen=True)
class Numbers:
    """Numbers beside a chart; a row's first cell is its heading."""

    caption: str
    heads: Sequence[str]
    rows: list[list[str]]


def boards(run: Run) -> dict[str, Ranking]:
    """Return the leaderboards by metric: of the tasks with exact match, and of those in nats."""
    found = {"exact": ranking("board", ("task", *HEADER, "area"), string_rows(run))} if run.strings else {}
    return found | ({NATS: ranking("board-texts", ("task", *texts.HEADER), text_rows(run))} if run.texts else {})


def ranking(name: str, names: Sequence[str], rows: Sequence[Row]) -> Ranking:
    """Return a leaderboard of columns by name, those that matter most first."""
    order = sorted(range(len(names)), key=lambda place: names[place] in LATER)
    headings = [Heading(name, EXPLAINED[name], name in WORDS, name in FEWER, name in LATER) for name in names]
    cells = [[cell(*each, row) for each in zip(names, said, strict=True)] for _, _, row, said in rows]
    return Ranking(
        name,
        [headings[place] for place in order],
        [(row[0], row[1], [found[place] for place in order]) for row, found in zip(rows, cells, strict=True)],
    )


def cell(name: str, said: str, row: dict[Any, Any]) -> Cell:
    """Return a cell; NaN is sorted as nothing, and stands last."""
    key = row.get(SORTED_BY.get(name, name.lower()), math.nan)
    shown, mark, interval = said.partition(" [") if said.endswith("]") and name not in WORDS else (said, "", "")
    return Cell(shown, f"{mark}{interval}".strip(), "" if pd.isna(key) else str(key))


def string_rows(run: Run) -> list[Row]:
    """Return the rows of the tasks with exact match."""
    rows: list[Row] = []
    for row in run.board[run.board["task"].isin(run.strings)].to_dict("records"):
        said = [
            row["task"],
            *summary_cells(row, run.groups[row["task"], row["model"]][0]),
            share(*estimate(row, "area")),
        ]
        rows.append((run.tasks.index(row["task"]), run.styles[row["model"]], row, said))
    return rows


def text_rows(run: Run) -> list[Row]:
    """Return the rows of the language models, under each text's models what compressors reach."""
    rows: list[Row] = []
    for task in run.texts:
        index, groups = run.tasks.index(task), run.records(task)
        for row in run.ranked(task).to_dict("records"):
            record = groups[row["model"]][0]
            window = {"window": texts.window_of(record) or math.nan}
            rows.append((index, run.styles[row["model"]], row | window, [task, *texts.model_cells(row, record)]))
        for name, bits in texts.references_of(groups).items():
            known = {"task": task, "model": name, "bits": bits}
            rows.append((index, None, known, [task, name, *texts.reference_cells(name, bits)[1:]]))
    return rows


def length_numbers(run: Run, task: str) -> Numbers:
    """Return the numbers of a task's chart by length: exact match, or nats by context."""
    rows, nats = run.rows(task), run.metric(task) == NATS
    said = [measured(*estimate(row, "nats")) if nats else exact_cell(row) for row in rows.to_dict("records")]
    table = rows.assign(said=said).pivot_table("said", "model", "length", aggfunc="first").fillna("")
    whole = {texts.whole_of(seeds[0]) for seeds in run.records(task).values()} if nats else set()
    heads = ["whole text" if length in whole else str(length) for length in map(int, table.columns)]
    caption = "Nats per token by context, in tokens" if nats else "Exact match in percent by length"
    return Numbers(f"{caption}, with 95 % intervals", ["family", *heads], table.reset_index().to_numpy().tolist())


def exact_cell(row: dict[Any, Any]) -> str:
    """Write an accuracy with its interval, and the error of real values."""
    text = share(row["exact_match"], row["low"], row["high"])
    return text if math.isnan(row["nrmse"]) else f"{text}, NRMSE {percent(row['nrmse'])}"


def eos_numbers(run: Run, task: str) -> Numbers:
    """Return the numbers of a task's EOS and token errors, in distribution and beyond."""
    splits = {"in distribution": "train", "extrapolation": "beyond"}
    heads = [f"{where}: {part}" for where in splits for part in PARTS]
    means = run.rows(task).groupby(["model", "split"])[list(COLUMNS)].mean()
    rows = [
        [
            model,
            *(percent(means[column].get((model, split), math.nan)) for split in splits.values() for column in COLUMNS),
        ]
        for model in run.records(task)
    ]
    return Numbers("Share of strings in percent, mean over lengths", ["family", *heads], rows)


def curve_numbers(run: Run, task: str) -> Numbers:
    """Return where each learning curve of a task ended; nothing of a text is held out of its training part."""
    measures = [name for name in MEASURES if name == "loss" or run.metric(task) != NATS]
    rows = [
        [model, str(record["seed"]), *(end_of(record, name) for name in measures), f"{record['steps']:,}"]
        for model, records in run.records(task).items()
        for record in records
        if record["curve"]
    ]
    heads = ["family", "seed", *(MEASURES[name] for name in measures), "steps taken"]
    return Numbers("The end of each curve", heads, rows)


NUMBERS: dict[str, Callable[[Run, str], Numbers]] = {
    "lengths": length_numbers,
    "stops": eos_numbers,
    "curves": curve_numbers,
}
