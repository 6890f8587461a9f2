"""The suites: which pairs are trained, with which settings and budgets.

Settings were chosen by held-out accuracy at training lengths alone (CONTRIBUTING.md, "Tune a recipe"); no score beyond
training was read for any choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.errors import choose_from
from bench.spec import Spec

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """A task as the suites pose it, and the budget of a family that has no recipe of its own there."""

    task: str
    settings: Settings
    budget: Settings


@dataclass(frozen=True)
class Suite:
    """Pairs to train, seeds for each."""

    name: str
    summary: str
    seeds: int
    specs: tuple[Spec, ...]


REVERSED = {"train_lengths": (1, 2, 3, 4), "low_first_operands": True, "low_first_sum": True}
ROWS = {
    "sine": Row("sine", {}, {"steps": 800, "batch": 32, "patience": 0}),
    "copy": Row("copy", {}, {"steps": 1000}),
    "reverse": Row("reverse", {}, {"steps": 1000}),
    "variable_copy": Row("variable_copy", {}, {"steps": 2500, "learning_rate": 5e-3}),
    "addition": Row("addition", {}, {"steps": 2000, "learning_rate": 5e-3}),
    "addition(reversed)": Row("addition", REVERSED, {"steps": 2000, "learning_rate": 5e-3}),
    "human_numbers": Row("human_numbers", {}, {"steps": 600, "learning_rate": 1e-2, "patience": 0}),
}
WIDE: Settings = {"hidden": 128}
RECIPES: dict[str, dict[str, tuple[Settings, Settings]]] = {}
TRAINED = ("linear_rnn", "elman", "rnn", "irnn", "gru", "lstm", "lstm_attention", "transformer")
FLOORS = {
    "sine": ("ridge",),
    "copy": ("majority", "neighbour"),
    "reverse": ("majority", "neighbour"),
    "variable_copy": ("majority", "neighbour"),
    "addition": ("majority", "neighbour"),
    "addition(reversed)": ("majority", "neighbour"),
    "human_numbers": ("majority",),
}


def recipe(row: str, model: str, **budget: Any) -> Spec:
    """Return the spec of a pair by the recipe found for it, or by the row's own budget; `budget` overrides."""
    posed = ROWS[row]
    settings, found = RECIPES.get(row, {}).get(model, ({}, {}))
    train = {**posed.budget, **found, **budget}
    return Spec(posed.task, model, dict(posed.settings), dict(settings), row=row, **train)


def pairs(rows: Iterable[str], models: Iterable[str], **budget: Any) -> tuple[Spec, ...]:
    """Return a spec for each row with each model."""
    chosen = tuple(models)
    return tuple(recipe(row, model, **budget) for row in rows for model in chosen)


LANGUAGE = ("human_numbers",)
SEQUENCES = tuple(row for row in ROWS if row not in LANGUAGE)
SUITES = {
    suite.name: suite
    for suite in (
        Suite(
            "smoke",
            "every task with two families, a minute in all",
            1,
            pairs(ROWS, ("elman", "gru"), steps=20, examples=32),
        ),
        Suite("quick", "every task, a family of each kind: about fifteen minutes on two cores", 3, ()),
        Suite("full", "every pair at paper grade, sized for a GPU", 5, ()),
    )
}


def find_suite(name: str) -> Suite:
    """Return a suite by name; an unknown name says which exist."""
    if name not in SUITES:
        raise choose_from("suite", name, list(SUITES))
    return SUITES[name]
