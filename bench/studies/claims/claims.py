"""Claims: a statement, the runs it reads, what is measured, and the test that decides; lessons gather them."""

from __future__ import annotations

from dataclasses import dataclass

from bench.analysis.summary import Pair
from bench.studies.claims.charts import Chart
from bench.studies.claims.measures import Measure


@dataclass(frozen=True)
class Better:
    """The first runs are better than the second in the mean over seeds: Welch's t interval of the difference.

    measure: of the second runs, where it is another one; paired: the difference is taken seed by seed, for two numbers
    of the same trained networks
    """

    second: Pair
    measure: Measure | None = None
    paired: bool = False


@dataclass(frozen=True)
class Alike:
    """The runs are equivalent: the interval of the difference lies within the margin (two one-sided tests).

    margin: in the measure's unit, or the largest factor between two ratios
    """

    second: Pair
    margin: float


@dataclass(frozen=True)
class Level:
    """Every seed reaches a bound, or none does (`reached` False); the bound is a number or the mean of other runs.

    A seed without a number, because its training diverged, reaches no bound.
    """

    bound: float | Pair
    reached: bool


@dataclass(frozen=True)
class Claim:
    """A sentence that records decide."""

    name: str
    statement: str
    measure: Measure
    first: Pair
    test: Better | Alike | Level

    @property
    def second(self) -> Pair | None:
        """The runs that the first are held against, if any."""
        if isinstance(self.test, Level):
            return None if isinstance(self.test.bound, float) else self.test.bound
        return self.test.second

    @property
    def second_measure(self) -> Measure:
        """What is measured of the second runs."""
        return self.measure if not isinstance(self.test, Better) or self.test.measure is None else self.test.measure

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The runs that it reads."""
        return (self.first,) if self.second in (None, self.first) else (self.first, self.second)


@dataclass(frozen=True)
class Lesson:
    """Claims that teach one thing, why it is so, and pictures of it."""

    name: str
    title: str
    claims: tuple[Claim, ...]
    why: str
    charts: tuple[Chart, ...]

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The runs that its claims read, each once."""
        return tuple(dict.fromkeys(pair for claim in self.claims for pair in claim.pairs))
