"""Copy: emit the source string again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from tasks.base import Batch, Task, Tokens, register
from tasks.checks import check_at_least, check_choice
from tasks.strings.adversarial import STRING_KINDS, draw_adversarial
from tasks.strings.draw import draw_strings
from tasks.strings.ends import STOPS, rewritten


@register("copy")
@dataclass(frozen=True, kw_only=True)
class Copy(Task):
    """Emit the source string again, for example b a c -> b a c.

    After the copy task of Graves et al. 2014 (arXiv 1410.5401); context-sensitive. By default strings of exactly 10
    symbols train it and there is no EOS: the output is as long as the input; `stop` says otherwise, see
    tasks/strings/ends.py. Held out: a fixed share of the strings, chosen by hash. A length with few strings (3 symbols
    make 9 strings of length 2) is scored on each held-out string once, so its `examples` are few.
    """

    adversarial_kinds: ClassVar[tuple[str, ...]] = STRING_KINDS
    automaton: ClassVar[str] = "context-sensitive: a queue, or a tape that is read again from its beginning"
    train_lengths: tuple[int, ...] = (10,)
    eval_lengths: tuple[int, ...] = (*range(2, 21), 30, 50, 100)
    symbols: int = 3
    stop: str = "none"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least("symbols", self.symbols, 1)
        check_choice("stop", self.stop, STOPS)

    @property
    def source(self) -> Tokens:
        """The alphabet."""
        return Tokens(self.symbols)

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw random strings: length (batch,) -> source (batch, max_length), target one wider where EOS ends it."""
        return self.paired(draw_strings(length, max_length, self.symbols, generator), length)

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw strings of an adversarial kind; shapes as in `sample`."""
        return self.paired(draw_adversarial(kind, length, max_length, self.symbols, generator), length)

    def paired(self, source: Tensor, length: Tensor) -> Batch:
        """Pair source strings (batch, time) of these lengths (batch,) with what is to be written."""
        return rewritten(source, length, self.rewrite(source, length), self.stop)

    def rewrite(self, source: Tensor, length: Tensor) -> Tensor:
        """Return what is to be written: source (batch, time), length (batch,) -> (batch, time)."""
        return source

    def chance(self, length: int) -> float:
        """Every symbol guessed."""
        return float(self.symbols) ** -length
