"""What a suite is, and all that are registered."""

from __future__ import annotations

from dataclasses import dataclass

from bench.spec.errors import choose_from
from bench.spec.spec import Spec


@dataclass(frozen=True)
class Suite:
    """Pairs to train, seeds for each; order: its place where suites are listed, and where a pair is looked for."""

    name: str
    summary: str
    seeds: int
    specs: tuple[Spec, ...]
    order: int = 100


SUITES: dict[str, Suite] = {}


def register(suite: Suite) -> None:
    """Add a suite in its place; a name that is taken raises ValueError."""
    if suite.name in SUITES:
        raise ValueError(f"a suite {suite.name!r} exists already; give yours another name")
    found = sorted([*SUITES.values(), suite], key=lambda each: (each.order, each.name))
    SUITES.clear()
    SUITES.update({each.name: each for each in found})


def columns_of(name: str) -> set[str]:
    """Return the columns of a suite, none of what is no suite."""
    return {spec.column for spec in SUITES[name].specs} if name in SUITES else set()


def find_suite(name: str) -> Suite:
    """Return a suite by name; an unknown name says which exist."""
    if name not in SUITES:
        raise choose_from("suite", name, list(SUITES))
    return SUITES[name]
