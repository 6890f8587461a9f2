"""Sort: emit the source's symbols in ascending order, then stop."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from tasks.base import PAD, Batch, register
from tasks.hashing import multiset_hash
from tasks.strings.copy import Copy
from tasks.strings.draw import FAR

SALT = 8  # with it some strings of one symbol are held out and not all, which a test sees to


@register("sort")
@dataclass(frozen=True, kw_only=True)
class Sort(Copy):
    """Emit the source's symbols in ascending order and stop, for example c a c b -> a b c c <stop>.

    Counting each symbol is enough: this is bucket sort of Deletang et al. 2023 (arXiv 2207.02098), context-sensitive
    there. Settings as in copy. Held out: a fixed share of the multisets of symbols, chosen by hash: strings with the
    same symbols in another order have the same answer.
    """

    automaton: ClassVar[str] = "context-sensitive as a language (two symbols or more): one counter for each symbol"
    version: ClassVar[int] = 2  # 1 held strings out, and trained on the same symbols in another order
    train_lengths: tuple[int, ...] = tuple(range(1, 21))
    eval_lengths: tuple[int, ...] = FAR
    symbols: int = 8
    stop: str = "once"

    def paired(self, source: Tensor, length: Tensor) -> Batch:
        """Pair strings (batch, time) of these lengths (batch,) with what is to be written."""
        return replace(super().paired(source, length), identity=SALT + multiset_hash(source))

    def rewrite(self, source: Tensor, length: Tensor) -> Tensor:
        """Sort each row within its length: source (batch, time), length (batch,) -> (batch, time)."""
        beyond = self.source.size  # sorts behind every symbol
        ascending = source.masked_fill(source == PAD, beyond).sort(1).values
        return ascending.masked_fill(ascending == beyond, PAD)

    def chance(self, length: int) -> float:
        """The likeliest answer guessed: each symbol as often as any other, or once more."""
        each, more = divmod(length, self.symbols)
        orders = math.factorial(length) // math.factorial(each) ** (self.symbols - more)
        return orders // math.factorial(each + 1) ** more / self.symbols**length
