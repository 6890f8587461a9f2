"""Induction: what followed the last time that this symbol stood here?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from tasks.base import FIRST_TOKEN, PAD, Batch, Task, Tokens, before, register
from tasks.checks import check_at_least, check_choice
from tasks.strings.draw import FAR, draw_places

KINDS = ("first_place", "last_place", "many_before")


@register("induction")
@dataclass(frozen=True, kw_only=True)
class Induction(Task):
    """Write what followed the last symbol's last appearance before, for example b c a d c | a -> d.

    What induction heads do (Olsson et al. 2022, arXiv 2209.11895). Before the bar stands a string of one symbol more
    than the length, behind it one of its symbols. A place is drawn, any but the last; its symbol is asked for and does
    not come again behind it, where symbols are uniform among the others. The answer is one symbol, without EOS. Held
    out: a fixed share of the sources, chosen by hash; not by answers, which are few.
    """

    adversarial_kinds: ClassVar[tuple[str, ...]] = KINDS
    automaton: ClassVar[str] = "regular: for each symbol, the one that followed it last"
    train_lengths: tuple[int, ...] = tuple(range(1, 21))
    eval_lengths: tuple[int, ...] = FAR
    symbols: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least("symbols", self.symbols, 3)

    @property
    def source(self) -> Tokens:
        """The alphabet and the bar."""
        return Tokens(self.symbols + 1)

    @property
    def target(self) -> Tokens:
        """The alphabet."""
        return Tokens(self.symbols)

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw strings and places: length (batch,) -> source (batch, max_length + 3), target (batch, 1)."""
        shape, device = (len(length), max_length + 1), generator.device
        string = torch.randint(self.symbols, shape, generator=generator, device=device)
        return self._paired(string, draw_places(length, generator), length, generator)

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw strings whose place is the first or the last; or all before it are the same; shapes as in `sample`."""
        check_choice("adversarial kind", kind, KINDS)
        shape, device = (len(length), max_length + 1), generator.device
        string = torch.randint(self.symbols, shape, generator=generator, device=device)
        place = draw_places(length, generator)
        if kind == "many_before":
            string = string[:, :1].expand(shape)
        else:
            place = torch.zeros_like(length) if kind == "first_place" else length - 1
        return self._paired(string, place, length, generator)

    def _paired(self, string: Tensor, place: Tensor, length: Tensor, generator: torch.Generator) -> Batch:
        """Ask for the symbol at a place (batch,) of strings (batch, time), and draw what is behind it anew."""
        rows, time = string.shape
        asked = string.gather(1, place[:, None])
        other = asked + torch.randint(1, self.symbols, (rows, time), generator=generator, device=generator.device)
        behind = torch.arange(time, device=string.device) > place[:, None]
        string = torch.where(behind, other % self.symbols, string)
        source = torch.nn.functional.pad(FIRST_TOKEN + string, (0, 2), value=PAD)
        source = source.masked_fill(~before(length + 1, time + 2), PAD)
        source = source.scatter(1, length[:, None] + 1, FIRST_TOKEN + self.symbols)
        source = source.scatter(1, length[:, None] + 2, FIRST_TOKEN + asked)
        target = FIRST_TOKEN + string.gather(1, place[:, None] + 1)
        return Batch(source, length + 3, target, torch.ones_like(length))

    def chance(self, length: int) -> float:
        """One of the other symbols guessed: nothing follows itself here."""
        return 1 / (self.symbols - 1)

    def symbol(self, index: int) -> str:
        """A symbol of the alphabet, | before the one that is asked for."""
        return super().symbol(index) if index < self.symbols else "|"
