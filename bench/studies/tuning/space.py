"""The search, stated once: which settings every pair tries, for how many steps, on which seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from bench.spec.errors import RequestError

FIRST_SEED = 100  # suites use the seeds below


@dataclass(frozen=True)
class Setting:
    """What a search chooses."""

    learning_rate: float
    hidden: int
    steps: int


@dataclass(frozen=True)
class Space:
    """A search by successive halving.

    Every rate with every width is tried at a part of the steps, with one seed; the best of them again, at all steps;
    the best try of both rounds is confirmed on further seeds, on which the default recipe is trained as well.
    part: the first round takes one of so many parts of the steps; kept: how many the second round tries
    seed: of the first two rounds; further: how many seeds after it confirm
    """

    rates: tuple[float, ...] = (1e-3, 3e-3, 1e-2)
    widths: tuple[int, ...] = (64, 128, 256)
    steps: int = 6000
    part: int = 3
    kept: int = 3
    seed: int = FIRST_SEED
    further: int = 2

    def __post_init__(self) -> None:
        if self.seed < FIRST_SEED:
            raise RequestError(f"tuning uses seeds of {FIRST_SEED} or more, suites those below; got {self.seed}")

    @property
    def first_round(self) -> list[Setting]:
        """What every pair tries first."""
        return [Setting(rate, width, self.steps // self.part) for width, rate in product(self.widths, self.rates)]

    @property
    def further_seeds(self) -> range:
        """The seeds that confirm."""
        return range(self.seed + 1, self.seed + 1 + self.further)

    @property
    def tries(self) -> int:
        """How many tries a pair has, those of its default recipe included."""
        return len(self.first_round) + self.kept + 2 * self.further


SPACE = Space()

# A text has no validation set of its own: the last thousand numbers of the training text are held out.
HELD_OUT: Mapping[str, Mapping[str, Any]] = {
    "human_numbers": {"train_lengths": (6999,), "eval_lengths": (7999,), "starts": (7001,)},
}
