"""The page's tables: the rows of the leaderboards with what they are sorted by, the numbers beside the charts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd

from bench.views.charts.images import COLUMNS, PARTS, SPLITS
from bench.views.charts.material import NATS, Run
from bench.views.charts.scores import MEASURES, end_of
from bench.views.columns import Column, cell
from bench.views.numbers import estimate, measured, percent, share
from bench.views.texts import reference_rows, whole_of

Numbers = dict[str, Any]  # beside a chart: a caption, heads and rows, of which the first cell is a heading


def ranked_rows(run: Run, task: str) -> list[dict[Any, Any]]:
    """Return the rows of a task's leaderboard; under a text's models stands what compressors reach, in bits alone."""
    references = reference_rows(run.records(task)) if run.metric(task) == NATS else []
    return [*run.ranked(task).to_dict("records"), *({"task": task} | row for row in references)]


def ranked_cell(column: Column, row: dict[Any, Any]) -> tuple[str, str, str]:
    """Return a cell of it: a number as it is shown, its interval, and what it is sorted by.

    NaN, and what a reference has not, is sorted as nothing ("") and stands last.
    """
    key = row.get(column.name, math.nan)
    said = cell(column, row)
    shown, mark, interval = said.partition(" [") if said.endswith("]") and not column.words else (said, "", "")
    return shown, f"{mark}{interval}".strip(), "" if pd.isna(key) else str(key)


def length_numbers(run: Run, task: str) -> Numbers:
    """Return the numbers of a task's chart by length: exact match and the error of real values, or nats by context."""
    found, nats, said = run.rows(task), run.metric(task) == NATS, []
    for row in found.to_dict("records"):
        error = "" if math.isnan(row["nrmse"]) else f", NRMSE {percent(row['nrmse'])}"
        exact = f"{share(row['exact_match'], row['low'], row['high'])}{error}"
        said.append(measured(*estimate(row, "nats")) if nats else exact)
    table = found.assign(said=said).pivot_table("said", "model", "length", aggfunc="first").fillna("")
    whole = {whole_of(seeds[0]) for seeds in run.records(task).values()} if nats else set()
    heads = ["whole text" if length in whole else str(length) for length in map(int, table.columns)]
    caption = "Nats per token by context, in tokens" if nats else "Exact match in percent by length"
    rows = table.reset_index().to_numpy().tolist()
    return {"caption": f"{caption}, with 95 % intervals", "heads": ["family", *heads], "rows": rows}


def eos_numbers(run: Run, task: str) -> Numbers:
    """Return the numbers of a task's EOS and token errors, in distribution and beyond."""
    means = run.rows(task).pivot_table(list(COLUMNS), "model", "split")
    wanted = pd.MultiIndex.from_tuples([(column, split) for split in SPLITS.values() for column in COLUMNS])
    shown = means.reindex(index=list(run.records(task)), columns=wanted).map(percent)
    heads = [f"{where}: {part}" for where in SPLITS for part in PARTS]
    rows = shown.reset_index().to_numpy().tolist()
    return {"caption": "Share of strings in percent, mean over lengths", "heads": ["family", *heads], "rows": rows}


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
    return {"caption": "The end of each curve", "heads": heads, "rows": rows}


NUMBERS: dict[str, Callable[[Run, str], Numbers]] = {
    "lengths": length_numbers,
    "stops": eos_numbers,
    "curves": curve_numbers,
}
