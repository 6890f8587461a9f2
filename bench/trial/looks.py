"""Which lengths past training are judged on fewer strings than asked for, or on none.

The first strings of an evaluation set are looked at first. Where none of them is right the length is lost, where all of
many are it is held, and no more are judged. How many are first looked at hangs on shorter lengths alone, so each length
by itself is a sample that ends early at 0 or at 1. Behind two lengths with nothing right, none is judged.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from bench.trial.metrics import Counts, Score

LOST = 32  # strings of which none is right where a length is lost
HELD = 256  # strings that are all right where a length is held
EMPTY = 2  # lengths past training in a row with nothing right behind which none is judged


def ending(right: int, examples: int) -> str:
    """Return the rule by which so many right of a first look end it: "lost", "held", or "" for none."""
    if right == 0 and examples >= LOST:
        return "lost"
    return "held" if right == examples >= HELD else ""


@dataclass
class Looks:
    """What is to be judged at each length, in ascending order, by what came of those before it.

    trained: the lengths that training draws, which are always judged in full; applies: whether there are such rules
    """

    trained: Collection[int]
    applies: bool
    share: float = 1.0
    empty: list[tuple[int, Score, dict[str, Counts]]] = field(default_factory=list)

    def first(self, length: int) -> int:
        """Return how many strings of a length are looked at first, 0 for all at once.

        Few where less than half of the last length was right: where most is, all will be needed.
        """
        if not self.applies or length <= max(self.trained):
            return 0
        return LOST if self.share < 0.5 else HELD

    def saw(self, length: int, score: Score, kinds: dict[str, Counts]) -> None:
        """Take note of what a length gave."""
        self.share = score.right / score.examples
        nothing = score.right == 0 and not any(counts["right"] for counts in kinds.values())
        if nothing and length > max(self.trained):
            self.empty.append((length, score, kinds))
        else:
            self.empty.clear()

    def unjudged(self, length: int) -> tuple[Score, dict[str, Counts]] | None:
        """Return what stands for a length that is not judged: counts of the last judged one; None: it is judged."""
        if not self.applies or len(self.empty) < EMPTY or length <= self.empty[-1][0]:
            return None
        _, score, kinds = self.empty[-1]
        return replace(score, rule="skipped", errors_at=(None,)), kinds
