"""Missing symbol: a string is given twice, the second time with one symbol blanked; which one?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from tasks.base import FIRST_TOKEN, PAD, Batch, Task, Tokens, register
from tasks.checks import check_at_least
from tasks.strings.adversarial import STRING_KINDS, draw_adversarial
from tasks.strings.draw import FAR, draw_places, draw_strings


@register("missing_symbol")
@dataclass(frozen=True, kw_only=True)
class MissingSymbol(Task):
    """Write the symbol that the blank hides, for example b a c | b _ c -> a; a length is that of the string b a c.

    Recall by place: the answer stands in the first copy where the blank stands in the second. After missing duplicate
    of Deletang et al. 2023 (arXiv 2207.02098), context-sensitive there. But as the copies are sure to agree, there is a
    short cut, a regular one: number the symbols; the sum of the first copy less that of the second, modulo how many
    symbols there are, is the answer. It is one symbol, without EOS. Held out: a fixed share of the sources, chosen by
    hash.
    """

    adversarial_kinds: ClassVar[tuple[str, ...]] = STRING_KINDS
    automaton: ClassVar[str] = (
        "context-sensitive by place: a queue; regular by the short cut of sums modulo the number of symbols"
    )
    train_lengths: tuple[int, ...] = tuple(range(1, 21))
    eval_lengths: tuple[int, ...] = FAR
    symbols: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least("symbols", self.symbols, 2)

    @property
    def source(self) -> Tokens:
        """The alphabet, the separator, the blank."""
        return Tokens(self.symbols + 2)

    @property
    def target(self) -> Tokens:
        """The alphabet."""
        return Tokens(self.symbols)

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw strings and places: length (batch,) -> source (batch, 2 max_length + 1), target (batch, 1)."""
        string = draw_strings(length, max_length, self.symbols, generator)
        return self._paired(string, length, draw_places(length, generator))

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw strings of a kind, the blank at the odd one where there is one; shapes as in `sample`."""
        place = draw_places(length, generator)
        string = draw_adversarial(kind, length, max_length, self.symbols, generator, odd_place=place)
        return self._paired(string, length, place)

    def _paired(self, string: Tensor, length: Tensor, place: Tensor) -> Batch:
        """Blank a place (batch,) of strings (batch, time), PAD past each length (batch,)."""
        wide = torch.nn.functional.pad(string, (0, string.shape[1] + 1), value=PAD)
        time = torch.arange(wide.shape[1], device=string.device).expand_as(wide)
        again = (time - length[:, None] - 1).clamp(min=0)
        source = torch.where(time > length[:, None], wide.gather(1, again), wide)
        source = source.scatter(1, length[:, None], FIRST_TOKEN + self.symbols)
        source = source.scatter(1, (length + 1 + place)[:, None], FIRST_TOKEN + self.symbols + 1)
        return Batch(source, 2 * length + 1, string.gather(1, place[:, None]), torch.ones_like(length))

    def chance(self, length: int) -> float:
        """The symbol guessed."""
        return 1 / self.symbols

    def symbol(self, index: int) -> str:
        """A symbol of the alphabet, | between the copies, _ for the blank."""
        return super().symbol(index) if index < self.symbols else "|_"[index - self.symbols]
