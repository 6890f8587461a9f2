"""Repeat symbol: emit one symbol as often as it stands in the source, then stop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from tasks.base import FIRST_TOKEN, Batch, Task, Tokens, register
from tasks.checks import check_at_least
from tasks.strings.adversarial import draw_adversarial
from tasks.strings.draw import FAR
from tasks.strings.ends import rewritten

# Classes are numbered from here on: however many there are from 2 on, their hashes hold some out and not all, which a
# test sees to.
FIRST_CLASS = 17


@register("repeat_symbol")
@dataclass(frozen=True, kw_only=True)
class RepeatSymbol(Task):
    """Emit the one symbol of the source as often as it stands there and stop, for example c c c -> c c c <stop>.

    A counting task as in Gers and Schmidhuber 2001 (LSTM recurrent networks learn simple context-free and
    context-sensitive languages): what to write is always the same, so that counting and stopping are all there is to
    it; one counter does it. A length has only as many strings as there are symbols. String number s (its symbol) of
    length n belongs to class (s + n) mod symbols, and whole classes are held out: each symbol is trained at some
    lengths and each length with some symbols, and the pairs that are evaluated are never trained on. By default 3 of 8
    strings are evaluated at each length.
    """

    automaton: ClassVar[str] = "deterministic context-free: one counter (and the symbol, in a finite memory)"
    train_lengths: tuple[int, ...] = tuple(range(1, 21))
    eval_lengths: tuple[int, ...] = FAR
    symbols: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least("symbols", self.symbols, 2)  # of one symbol nothing could be held out

    @property
    def source(self) -> Tokens:
        """The alphabet."""
        return Tokens(self.symbols)

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw one symbol a row: length (batch,) -> source (batch, max_length), target (batch, max_length + 1)."""
        source = draw_adversarial("one_symbol", length, max_length, self.symbols, generator)
        identity = FIRST_CLASS + (source[:, 0] - FIRST_TOKEN + length) % self.symbols
        return replace(rewritten(source, length, source, "once"), identity=identity)

    def chance(self, length: int) -> float:
        """The symbol guessed."""
        return 1 / self.symbols
