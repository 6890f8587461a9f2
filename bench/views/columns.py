"""Columns, each declared once: its name in the CSV, its heading, how its cells are written and what it says.

A layout is a list of columns; the CSV files, the pages and the terminal loop over them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from bench.analysis.metrics import BITS, METRICS, NATS, PERPLEXITY, TOKEN_ACCURACY, Metric
from bench.spec.errors import RequestError
from bench.views import numbers

Row = Mapping[Any, Any]
BY_LENGTH = (
    "task task_version model seeds split length ratio exact_match low high token_accuracy chance examples "
    "nrmse next_step_nrmse stopped_wrong unseen "
    "wilson_low wilson_high seeds_low seeds_high seeds_sd content_wrong nrmse_low nrmse_high "
    "device evaluation_hash diverged "
    "nats nats_low nats_high bits perplexity "
    "adversarial adversarial_low adversarial_high adversarial_examples adversarial_worst adversarial_worst_match "
    "skipped"
).split()
LEADERBOARD = (
    "task task_version model parameters seeds inside beyond l99 l90 l50 solve_rate steps seconds device "
    "budget shorter inside_low inside_high beyond_low beyond_high area state diverged "
    "inside_sd beyond_sd shorter_low shorter_high shorter_sd area_low area_high l99_low l99_high l99_ratio "
    "l90_low l90_high l90_ratio l50_low l50_high l50_ratio solve_rate_low solve_rate_high "
    "solve_rate_2x solve_rate_2x_low solve_rate_2x_high stopped_wrong stopped_wrong_low stopped_wrong_high "
    "content_wrong content_wrong_low content_wrong_high reached_99 steps_to_99 steps_to_99_low steps_to_99_high "
    "seconds_to_99 seconds_to_99_low seconds_to_99_high steps_low steps_high seconds_low seconds_high "
    "tokens_per_second tokens_per_second_low tokens_per_second_high evaluation_hash "
    "nats nats_low nats_high bits perplexity nats_inside nats_inside_low nats_inside_high "
    "accuracy accuracy_low accuracy_high kind adversarial adversarial_low adversarial_high "
    "adversarial_l99 adversarial_l99_low adversarial_l99_high adversarial_l99_ratio "
    "solve_rate_10x solve_rate_10x_low solve_rate_10x_high"
).split()
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

    def cells(self, rows: Iterable[Row], bounds: bool = True) -> list[str]:
        """Write the cells of some rows."""
        return [self.write(row, bounds) for row in rows]


def named(heading: str, caption: str = "") -> Column:
    """Return a column of names, which never leaves a table."""
    return Column(heading, heading, caption, lambda row, bounds: str(row[heading]), rank=0, words=True)


def estimate(name: str, heading: str, form: str, caption: str, **more: Any) -> Column:
    """Return the column of a number, with its interval where it has one."""

    def write(row: Row, bounds: bool) -> str:
        ends = [row.get(f"{name}{end}", math.nan) if bounds else math.nan for end in ("_low", "_high")]
        return FORMS[form](row[name], ends[0], ends[1])

    return Column(name, heading, caption, write, **more)


def of_metric(metric: Metric, **more: Any) -> Column:
    """Return the column of a metric."""
    better = metric.higher_is_better
    return estimate(metric.name, metric.heading, metric.format, metric.caption, higher_is_better=better, **more)


def horizon(name: str, heading: str, caption: str, longest: str = "longest", rank: int = 9) -> Column:
    """Return the column of a horizon; longest: the row's name of the length at which it still may hold."""

    def write(row: Row, bounds: bool) -> str:
        if pd.isna(row[name]) or not (bounds or row[name]):
            return "-"
        ends = row[f"{name}_low"], row[f"{name}_high"]
        return numbers.reach(row[name], *ends, row["edge"], row[longest]) if bounds else f"{row[name]:g}"

    return Column(name, heading, caption, write, rank=rank)


def write_solved(row: Row, bounds: bool) -> str:
    """Count the seeds that are solved."""
    ends = [numbers.percent(row[f"solve_rate{end}"]) for end in ("_low", "_high")]
    said = f"{round(row['solve_rate'] * row['seeds'])}/{row['seeds']}"
    return f"{said} [{ends[0]}, {ends[1]}]" if bounds else said


def write_steps(row: Row, bounds: bool) -> str:
    """Say the steps taken and allowed."""
    return numbers.budgeted(row) if bounds or not row["steps"] else f"{row['steps']:,} / {row['budget']:,}"


def write_perplexity(row: Row, bounds: bool) -> str:
    """Write the perplexity with the interval that the nats' has, where seeds differ."""
    said, ends = numbers.perplexity(row["perplexity"]), (row["nats_low"], row["nats_high"])
    if not bounds or pd.isna(ends[0]) or ends[0] == ends[1]:
        return said
    low, high = (numbers.perplexity(float(PERPLEXITY.convert(end))) for end in ends)
    return f"{said} [{low}, {high}]"


def write_window(row: Row, bounds: bool) -> str:
    """Say the training window, and how the text was cut where it was not read in order."""
    read = "" if row["mode"] in ("", "stream") else f", {row['mode']}"
    return "-" if pd.isna(row["window"]) else f"{row['window']:g}{read}"


def write_nats_inside(row: Row, bounds: bool) -> str:
    """Write the nats at the training window; what was fitted at once has none."""
    ends = [row[f"nats_inside{end}"] if bounds else math.nan for end in ("_low", "_high")]
    return "-" if pd.isna(row["window"]) else numbers.measured(row["nats_inside"], *ends)


REACH = "longest evaluated length to which accuracy stays at"
SEEDS = "seeds with 99 % or more"
AT_99 = "until 99 % of held-out answers of training lengths are right, where every seed came there"
COLUMNS = [
    named("task", caption="what is learned"),
    replace(
        named("model", caption="the family"),
        write=lambda row, bounds: numbers.named(row) if bounds else str(row["model"]),
    ),
    estimate("inside", "in-distribution", "share", "mean exact match at training lengths", short="in-dist.", rank=1),
    estimate("beyond", "extrapolation", "share", "the same at lengths past training", short="extrap.", rank=1),
    estimate("shorter", "unseen shorter", "share", "the same at untrained lengths below the longest trained", rank=7),
    horizon("l99", "L99", f"{REACH} 99 %, and its multiple of the longest training length", rank=2),
    horizon("l90", "L90", f"{REACH} 90 %", rank=4),
    horizon("l50", "L50", f"{REACH} 50 %", rank=5),
    Column("solve_rate", "solved", f"{SEEDS} at training lengths", write_solved, rank=3),
    estimate("solve_rate_2x", "solved at 2x", "share", f"{SEEDS} at the length nearest to twice the longest trained"),
    estimate("solve_rate_10x", "solved at 10x", "share", f"{SEEDS} at the length nearest to ten times it"),
    estimate("area", "area", "share", "mean exact match over log length"),
    *(of_metric(metric) for metric in METRICS if metric.summary == "beyond"),
    of_metric(NATS, rank=1),
    of_metric(BITS, rank=4),
    Column("perplexity", PERPLEXITY.heading, PERPLEXITY.caption, write_perplexity, rank=3, higher_is_better=False),
    estimate("accuracy", "accuracy", "share", TOKEN_ACCURACY.caption, rank=2),
    Column(
        "nats_inside",
        "nats at window",
        "nats in contexts as long as the training window",
        write_nats_inside,
        rank=5,
        higher_is_better=False,
    ),
    Column("window", "window", "tokens that a training step reads, and how the text was cut", write_window),
    horizon("adversarial_l99", "adversarial L99", "its horizon", "adversarial_longest"),
    estimate("steps_to_99", "steps to 99 %", "whole", f"steps {AT_99}"),
    estimate("seconds_to_99", "seconds to 99 %", "amount", f"seconds of training {AT_99}"),
    estimate("tokens_per_second", "tokens a second", "whole", "speed of training"),
    estimate("state", "state", "whole", "numbers carried from step to step at the longest training length"),
    estimate("parameters", "parameters", "whole", "numbers that are learned", rank=4),
    Column("steps", "steps / budget", "optimiser steps taken and allowed", write_steps, rank=6),
    estimate("seconds", "seconds", "amount", "training time", rank=4),
    estimate("seeds", "seeds", "whole", "trainings"),
]


def columns(names: str | Iterable[str]) -> list[Column]:
    """Return columns by their names in the CSV, or by their headings."""
    known = {column.heading: column for column in COLUMNS} | {column.name: column for column in COLUMNS}
    found = []
    for name in names.split() if isinstance(names, str) else names:
        if name not in known:
            raise RequestError(f"unknown column {name!r}; choose from: {', '.join(column.name for column in COLUMNS)}")
        found.append(known[name])
    return found


SPENT = "steps_to_99 seconds_to_99 tokens_per_second state"
WHOLE = {
    "exact_match": columns("model inside beyond shorter l99 l90 l50 solve_rate parameters steps seconds"),
    "nats": columns("model nats bits perplexity accuracy nats_inside window parameters steps seconds seeds"),
}
SETS = columns("model adversarial adversarial_l99 solve_rate_10x")
BRIEF = {
    "exact_match": columns("task model inside beyond shorter l99 l50 solve_rate steps seconds"),
    "nats": columns("task model nats bits perplexity accuracy nats_inside steps seconds"),
}


def costs(metrics: Iterable[Metric]) -> list[Column]:
    """Return the second layout of a task with exact match: how answers are wrong, what it cost to get there."""
    found = list(metrics)
    wrong = [metric.name for metric in found if metric.summary == "beyond" and not metric.of]
    predicted = ["nats", "perplexity"] if NATS in found else []
    return columns(["model", "area", "solve_rate_2x", *wrong, *SPENT.split(), *predicted])


def headline(primary: str) -> list[Column]:
    """Return the first layout of a page for pairs with a primary metric."""
    return WHOLE.get(primary) or columns(["model", primary, "parameters", "steps", "seconds", "seeds"])


def brief(primary: str) -> list[Column]:
    """Return what a terminal shows of them."""
    return BRIEF.get(primary) or columns(["task", "model", primary, "steps", "seconds"])


def as_markdown(layout: Sequence[Column], rows: Sequence[Row], below: Iterable[Sequence[str]] = ()) -> str:
    """Return rows as a Markdown table in a layout, and below them lines of other origin."""
    lines = zip(*(column.cells(rows) for column in layout), strict=True)
    words = sum(column.words for column in layout)
    return numbers.markdown_table([column.heading for column in layout], [*lines, *below], words)


def explained(layout: Iterable[Column]) -> str:
    """Say what the columns of a layout are, a line each."""
    return "".join(f"- *{column.heading}*: {column.caption}\n" for column in layout if column.caption)
