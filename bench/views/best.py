"""Which family to use on a row: its families in a table, the best first, and a line that says why."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import pandas as pd

from bench.analysis.robust import ALIKE, BEST, best_first
from bench.views.columns import Column, Row
from bench.views.numbers import markdown_table, percent, times_as_far

FEW = 3  # seeds, below which a line says how few there are
OF_SEEDS = {  # by column: the heading, what it says
    "solved_100x": ("100x", "at 100 times the longest training length"),
    "solved_10x": ("10x", "at 10 times the longest training length"),
    "solved_2x": ("2x", "at twice the longest training length"),
    "solved_inside": ("inside", "at training lengths"),
}
WORST = "adversarial_solved"


def seeds(row: Row, name: str) -> str:
    """Count the seeds that are solved; "-" where that was not measured."""
    return "-" if math.isnan(row[name]) else f"{round(row[name] * row['seeds'])}/{row['seeds']}"


def horizon(row: Row, name: str) -> str:
    """Write a horizon with its multiple; `>=` where the longest evaluated length still holds."""
    length = row[f"{name}_horizon"]
    if math.isnan(length) or not length:
        return "-"
    longest = row["adversarial_longest" if name.startswith("adversarial_") else "longest"]
    return f"{'>= ' if length == longest else ''}{length:.0f} ({times_as_far(row[f'{name}_ratio'])})"


def adversarial(row: Row) -> str:
    """Count the seeds that are solved on their worst adversarial set, at the farthest place where that was measured."""
    for name, (heading, _) in OF_SEEDS.items():
        told = name.replace("solved", WORST)
        if not math.isnan(row[told]):
            return f"{seeds(row, told)} at {heading}" if heading != "inside" else f"{seeds(row, told)} inside"
    return "-"


def seed_column(name: str, heading: str, said: str, rank: int) -> Column:
    """Return a column that counts seeds."""
    return Column(name, heading, f"seeds with 99 % or more {said}", lambda row, bounds: seeds(row, name), rank=rank)


def number(name: str, form: str) -> Callable[[Row, bool], str]:
    """Return what writes a number in a form; "-" where nothing was trained here."""
    return lambda row, bounds: "-" if math.isnan(row["seconds"]) else format(row[name], form)


COLUMNS = [
    Column("model", "family", write=lambda row, bounds: str(row["model"]), rank=0, words=True),
    *(seed_column(name, *told, rank) for rank, (name, told) in enumerate(OF_SEEDS.items(), start=1)),
    Column("worst_horizon", "worst seed", write=lambda row, bounds: horizon(row, "worst"), rank=2),
    Column("adversarial", "worst adversarial", write=lambda row, bounds: adversarial(row), rank=2),
    Column("seconds", "seconds", write=number("seconds", ",.1f"), rank=5),
    Column("parameters", "parameters", write=number("parameters", ",.0f"), rank=6),
    Column("state", "state", write=number("state", ",.0f"), rank=7),
]
REASONS: dict[str, tuple[str, Callable[[Row], str]]] = {
    **{f"{name}_low": (f"seeds solved {said}", partial(seeds, name=name)) for name, (_, said) in OF_SEEDS.items()},
    "worst_horizon": ("the worst seed's horizon", partial(horizon, name="worst")),
    "adversarial_worst_horizon": (
        "the worst seed's horizon on adversarial sets",
        partial(horizon, name="adversarial_worst"),
    ),
    "area": ("the area under accuracy over log length", lambda row: percent(row["area"])),
    "seconds": ("training seconds alone", lambda row: f"{row['seconds']:,.1f}"),
}


def lines(rows: pd.DataFrame) -> list[list[str]]:
    """Return the cells of a row's families, the best first."""
    return [[column.write(row, False) for column in COLUMNS] for row in best_first(rows).to_dict("records")]


def as_markdown(rows: pd.DataFrame) -> str:
    """Return the table in Markdown."""
    return markdown_table([column.heading for column in COLUMNS], lines(rows))


def verdict(task: str, rows: pd.DataFrame) -> str:
    """Name the winner and what it beats, by what comes first in the order that they differ in."""
    best, *others = best_first(rows).to_dict("records")
    if not best["solved_inside"] > 0:
        return f"{task}: no seed of any family has learnt it (99 % at training lengths); nothing to recommend"
    said = f"{task}: use {best['model']}: {told(best)}"
    few = f"; {best['seeds']} seed{'s' * (best['seeds'] > 1)} only" if best["seeds"] < FEW else ""
    if not others:
        return f"{said}; no other family was run{few}"
    second = others[0]
    name = next((name for name in BEST if differs(best[name], second[name], ALIKE if name == "area" else None)), "")
    reason, write = REASONS.get(name, ("order of name alone", lambda row: "alike"))
    more = f", and {len(others) - 1} more" if len(others) > 1 else ""
    return f"{said}; beats {second['model']} by {reason} ({write(best)} to {write(second)}){more}{few}"


def told(row: Row) -> str:
    """Say where a family's seeds hold: the farthest place where any does."""
    name = next(name for name in OF_SEEDS if row[name] > 0)
    hard = "" if adversarial(row) == "-" else f", on the worst adversarial set {adversarial(row)}"
    return f"{seeds(row, name)} seeds hold {OF_SEEDS[name][1]}{hard}"


def differs(one: float, other: float, digits: int | None) -> bool:
    """Whether two numbers differ, in so many digits behind the point; two that were not measured do not."""
    if math.isnan(one) or math.isnan(other):
        return not (math.isnan(one) and math.isnan(other))
    return one != other if digits is None else round(one, digits) != round(other, digits)
