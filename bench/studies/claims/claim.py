"""Claims as data: a file of `topics/` for each topic, with the runs it reads, its claims and its charts."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from bench.analysis.summary import Pair
from bench.spec.errors import RequestError, choose_from
from bench.studies.claims.measures import MEASURES, Measure

TOPICS = Path(__file__).parent / "topics"
DIFFERENCE, PAIRED, EQUIVALENCE = "difference", "paired difference", "equivalence"
EVERY_SEED, NO_SEED = "every seed reaches", "no seed reaches"
CHARTS = ("by length", "seeds", "training", "signal")
TESTS = (DIFFERENCE, PAIRED, EQUIVALENCE, EVERY_SEED, NO_SEED)
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A sentence that records decide, and how.

    first, second: the runs that are compared; second_measure: what is measured of the second, where it differs
    margin: of an equivalence, in the measure's unit, or the largest factor between two ratios
    level: what every seed reaches, or none; the mean of the second runs where those are named instead
    """

    name: str
    statement: str
    measure: Measure
    first: Pair
    test: str
    second: Pair | None = None
    second_measure: Measure | None = None
    margin: float | None = None
    level: float | None = None

    def __post_init__(self) -> None:
        if self.test not in TESTS:
            raise choose_from("test", self.test, TESTS)
        against = (self.second is not None, self.level is not None)
        if against not in ([(True, False), (False, True)] if self.is_level else [(True, False)]):
            raise RequestError(f"claim {self.name!r}: {self.test!r} is against second{' or level' * self.is_level}")
        if (self.test == EQUIVALENCE) != (self.margin is not None):
            raise RequestError(f"claim {self.name!r}: a margin belongs to the test {EQUIVALENCE!r} and to no other")

    @property
    def is_level(self) -> bool:
        """Whether each seed is held against a level."""
        return self.test in (EVERY_SEED, NO_SEED)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The runs that it reads."""
        return (self.first,) if self.second in (None, self.first) else (self.first, self.second)


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A picture of some of a topic's runs.

    kind: "by length" (a score), "seeds" (a measure, a dot a seed), "training" (a curve's "exact" or "loss"), "signal"
    x, y: names of the axes; log: of the axis with the numbers; longest: lengths above are left out; horizon: in steps
    """

    kind: str
    title: str
    runs: Mapping[str, Pair]
    score: str = ""
    measure: Measure | None = None
    x: str = ""
    y: str = ""
    log: bool = False
    longest: int = 1024
    horizon: int = 0

    def __post_init__(self) -> None:
        if self.kind not in CHARTS:
            raise choose_from("chart", self.kind, CHARTS)


@dataclass(frozen=True)
class Topic:
    """Claims that teach one thing, why it is so, and charts of it; runs: by the names that its charts give them."""

    name: str
    title: str
    why: str
    runs: Mapping[str, Pair]
    claims: tuple[Claim, ...]
    charts: tuple[Chart, ...]

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The runs that its claims read, each once."""
        return tuple(dict.fromkeys(pair for claim in self.claims for pair in claim.pairs))


@cache
def topics() -> tuple[Topic, ...]:
    """Return every topic, in order of its file's number."""
    return tuple(read_topic(file) for file in sorted(TOPICS.glob("*.toml")))


def read_topic(file: Path) -> Topic:
    """Read a topic; a name in it that stands for nothing is a RequestError that says what there is."""
    found = tomllib.loads(file.read_text(encoding="utf-8"))
    runs = {name: (task, model) for name, (task, model) in found["runs"].items()}
    claims = tuple(Claim(**resolved(entry, runs)) for entry in found["claims"])
    charts = []
    for entry in found["charts"]:
        shown = {name: named("runs", name, runs) for name in entry.get("runs", runs)}
        charts.append(Chart(**{**resolved(entry, runs), "runs": shown}))
    name = file.stem.partition("-")[2]
    return Topic(name, found["title"], " ".join(found["why"].split()), runs, claims, tuple(charts))


def resolved(entry: Mapping[str, Any], runs: Mapping[str, Pair]) -> dict[str, Any]:
    """Put runs and measures in the place of their names."""
    tables: dict[str, Mapping[str, Any]] = dict.fromkeys(("first", "second"), runs)
    tables |= dict.fromkeys(("measure", "second_measure"), MEASURES)
    return {key: named(key, value, tables[key]) if key in tables else value for key, value in entry.items()}


def named(kind: str, name: str, choices: Mapping[str, T]) -> T:
    """Return what a name stands for."""
    if name not in choices:
        raise choose_from(kind, name, list(choices))
    return choices[name]
