"""Columns, each declared once: its name in the CSV, its heading, how its cells are written and what it says.

They are in columns.toml. A layout is a list of columns; the CSV files, the pages and the terminal loop over them.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from bench.analysis.metrics import METRICS, NATS, PERPLEXITY, Metric
from bench.spec.errors import RequestError
from bench.views import numbers

Row = Mapping[Any, Any]
DECLARED = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
BY_LENGTH, LEADERBOARD = DECLARED["csv"]["by_length"].split(), DECLARED["csv"]["leaderboard"].split()
FORMS: dict[str, Callable[[float, float, float], str]] = {
    "share": numbers.share,
    "measured": numbers.measured,
    "perplexity": lambda value, low, high: numbers.perplexity(value),
    "amount": numbers.amount,
    "whole": lambda value, low, high: numbers.amount(value, low, high, digits=0),
}


def csv_names(order: list[str], frame: pd.DataFrame) -> list[str]:
    """Return the columns of a CSV: in the order that other programs rely on, then those of metrics that came later."""
    later = [f"{metric.name}{end}" for metric in METRICS for end in ("", "_low", "_high")]
    return [*order, *(name for name in later if name in frame and name not in order)]


@dataclass(frozen=True)
class Column:
    """A column of a table for people.

    name: in the CSV; rows are sorted by it
    write: a row's cell, with its interval or without
    short: the heading where there is little room
    rank: in a terminal 0 always stays, 1 as long as any number does; of the others the highest leaves first
    words: cells are names, or where they wrap sentences; they stand on the left
    """

    name: str
    heading: str
    caption: str = ""
    write: Callable[[Row, bool], str] = lambda row, bounds: ""
    short: str = ""
    rank: int = 9
    words: bool = False
    wraps: bool = False
    higher_is_better: bool = True


def named(heading: str) -> Column:
    """Return a column of names, which never leaves a table."""
    return Column(heading, heading, write=lambda row, bounds: str(row[heading]), rank=0, words=True)


def write_number(name: str, row: Row, bounds: bool, *, form: str) -> str:
    """Write a number, with its interval where it has one."""
    low, high = (row.get(f"{name}{end}", math.nan) if bounds else math.nan for end in ("_low", "_high"))
    return FORMS[form](row[name], low, high)


def write_horizon(name: str, row: Row, bounds: bool) -> str:
    """Write a horizon: where it is censored the longest length of its sets says."""
    if pd.isna(row[name]) or not (bounds or row[name]):
        return "-"
    longest = row["adversarial_longest" if name.startswith("adversarial") else "longest"]
    return numbers.reach(*numbers.estimate(row, name), row["edge"], longest) if bounds else f"{row[name]:g}"


def write_solved(name: str, row: Row, bounds: bool) -> str:
    """Count the seeds that are solved."""
    ends = [numbers.percent(row[f"{name}{end}"]) for end in ("_low", "_high")]
    said = f"{round(row[name] * row['seeds'])}/{row['seeds']}"
    return f"{said} [{ends[0]}, {ends[1]}]" if bounds else said


def write_of_nats(name: str, row: Row, bounds: bool) -> str:
    """Write the perplexity with the interval that the nats' has, where seeds differ."""
    low, high = row["nats_low"], row["nats_high"]
    if not bounds or pd.isna(low) or low == high:
        return numbers.perplexity(row[name])
    ends = (float(PERPLEXITY.convert(end)) for end in (low, high))
    return numbers.bracketed(numbers.perplexity, row[name], *ends)


def write_at_window(name: str, row: Row, bounds: bool) -> str:
    """Write the nats at the training window; what was fitted at once has none."""
    return "-" if pd.isna(row["window"]) else write_number(name, row, bounds, form="measured")


def write_window(name: str, row: Row, bounds: bool) -> str:
    """Say the training window, and how the text was cut where it was not read in order."""
    read = "" if row["mode"] in ("", "stream") else f", {row['mode']}"
    return "-" if pd.isna(row[name]) else f"{row[name]:g}{read}"


def write_steps(name: str, row: Row, bounds: bool) -> str:
    """Say the steps taken and allowed."""
    return numbers.budgeted(row) if bounds or not row[name] else f"{row[name]:,} / {row['budget']:,}"


CELLS: dict[str, Callable[[str, Row, bool], str]] = {
    **{form: partial(write_number, form=form) for form in FORMS},
    "name": lambda name, row, bounds: str(row[name]),
    "model": lambda name, row, bounds: numbers.named(row) if bounds else str(row[name]),
    "horizon": write_horizon,
    "solved": write_solved,
    "of_nats": write_of_nats,
    "at_window": write_at_window,
    "window": write_window,
    "steps": write_steps,
}


SHARED = ("heading", "caption", "higher_is_better")  # what a metric says as its column does
OF_METRICS = {m.name: {"form": m.format} | {name: getattr(m, name) for name in SHARED} for m in METRICS}
ABOUT = DECLARED["columns"] | {metric.name: {} for metric in METRICS if metric.summary == "beyond"}


def declared(name: str, form: str, **about: Any) -> Column:
    """Return a column whose cells are written in a form."""
    return Column(name, write=partial(CELLS[form], name), **about)


COLUMNS = [declared(name, **OF_METRICS.get(name, {}) | about) for name, about in ABOUT.items()]


def columns(names: str | Iterable[str]) -> list[Column]:
    """Return columns by their names in the CSV, or by their headings."""
    known = {column.heading: column for column in COLUMNS} | {column.name: column for column in COLUMNS}
    found = []
    for name in names.split() if isinstance(names, str) else names:
        if name not in known:
            raise RequestError(f"unknown column {name!r}; choose from: {', '.join(column.name for column in COLUMNS)}")
        found.append(known[name])
    return found


SETS = columns("model adversarial adversarial_l99 solve_rate_10x")


def costs(metrics: Iterable[Metric]) -> list[Column]:
    """Return the second layout of a task with exact match: how answers are wrong, what it cost to get there."""
    found = list(metrics)
    wrong = " ".join(metric.name for metric in found if metric.summary == "beyond" and not metric.of)
    predicted = "nats perplexity" if NATS in found else ""
    return columns(f"model area solve_rate_2x {wrong} steps_to_99 seconds_to_99 tokens_per_second state {predicted}")


def headline(primary: str) -> list[Column]:
    """Return the first layout of a page for pairs with a primary metric."""
    return columns(DECLARED["page"].get(primary, f"model {primary} parameters steps seconds seeds"))


def brief(primary: str) -> list[Column]:
    """Return what a terminal shows of them."""
    return columns(DECLARED["terminal"].get(primary, f"task model {primary} steps seconds"))


def cell(column: Column, row: Row) -> str:
    """Write a row's cell with its interval; a reference, which took no steps, has few numbers, and these are bits."""
    if "steps" in row:
        return column.write(row, True)
    return str(row.get(column.name, "-")) if column.words else numbers.measured(row.get(column.name, math.nan))


def as_markdown(layout: Sequence[Column], rows: Iterable[Row]) -> str:
    """Return rows as a Markdown table in a layout."""
    lines = [[cell(column, row) for column in layout] for row in rows]
    return numbers.markdown_table([column.heading for column in layout], lines, sum(column.words for column in layout))


def explained(layout: Iterable[Column]) -> str:
    """Say what the columns of a layout are, a line each."""
    return "".join(f"- *{column.heading}*: {column.caption}\n" for column in layout if column.caption)
