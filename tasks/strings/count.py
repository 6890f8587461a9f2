"""Count: how many ones are there in a string of bits, or are they the majority?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from tasks.base import FIRST_TOKEN, PAD, Batch, Task, Tokens, before, register
from tasks.checks import check_choice
from tasks.strings.draw import FAR, draw_places
from tasks.strings.ends import append_eos

KINDS = ("even_split", "all_alike", "odd_one", "sorted")
ASKED = ("number", "majority")
BASE = 10


@register("count")
@dataclass(frozen=True, kw_only=True)
class Count(Task):
    """Write how many ones there are, in decimal, units first, and stop, for example 1 0 1 1 -> 3 <stop>.

    A counter machine's work (Fischer et al. 1968). With `asked` "majority": 1 where there are more ones than zeros, 0
    where there are fewer, = where there are as many, without EOS, as in Perez et al. 2021 (JMLR 22). How many ones
    there are is uniform from none to all and their places are random, so that long strings ask for any number, not for
    half their length alone. Held out: a fixed share of the strings, chosen by hash; of length 1 there are two, so it
    may have none.
    """

    adversarial_kinds: ClassVar[tuple[str, ...]] = KINDS
    automaton: ClassVar[str] = "deterministic context-free: one counter (and its decimal digits)"
    train_lengths: tuple[int, ...] = tuple(range(1, 21))
    eval_lengths: tuple[int, ...] = FAR
    asked: str = "number"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("asked", self.asked, ASKED)

    @property
    def source(self) -> Tokens:
        """Bits."""
        return Tokens(2)

    @property
    def target(self) -> Tokens:
        """Digits; or bits and =."""
        return Tokens(BASE if self.asked == "number" else 3)

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw strings: length (batch,) -> source (batch, max_length), target (batch, digits of max_length + 1)."""
        return self._placed(draw_places(length + 1, generator), length, max_length, generator)

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw strings; shapes as in `sample`.

        "even_split": half of the bits are ones, one more or one fewer. "all_alike". "odd_one": all but one at a random
        place are alike. "sorted": all ones before all zeros.
        """
        check_choice("adversarial kind", kind, KINDS)
        device, coin = generator.device, torch.randint(2, length.shape, generator=generator, device=generator.device)
        if kind == "even_split":
            more = torch.randint(-1, 2, length.shape, generator=generator, device=device)
            return self._placed((length // 2 + more).clamp(min=0).minimum(length), length, max_length, generator)
        if kind == "sorted":
            count = draw_places(length + 1, generator)
            return self._paired(before(count, max_length), count, length)
        ends = {"all_alike": 0, "odd_one": 1}[kind]
        return self._placed(torch.where(coin == 0, ends, length - ends), length, max_length, generator)

    def _placed(self, count: Tensor, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Put so many ones (batch,) in random places."""
        order = torch.rand(len(length), max_length, generator=generator, device=generator.device)
        order = order.masked_fill(~before(length, max_length), 2.0)  # what is past the end comes last
        return self._paired(order.argsort(1).argsort(1) < count[:, None], count, length)

    def _paired(self, is_one: Tensor, count: Tensor, length: Tensor) -> Batch:
        """Answer strings with ones where is_one (batch, time) by how many there are (batch,); length (batch,)."""
        source = (FIRST_TOKEN + is_one.long()).masked_fill(~before(length, is_one.shape[1]), PAD)
        if self.asked == "majority":
            answer = torch.where(2 * count == length, 2, (2 * count > length).long())
            return Batch(source, length, FIRST_TOKEN + answer[:, None], torch.ones_like(length))
        place = BASE ** torch.arange(len(str(is_one.shape[1])), device=count.device)
        digits = (count[:, None] >= place).sum(1).clamp(min=1)
        written = FIRST_TOKEN + count[:, None] // place % BASE
        written = written.masked_fill(~before(digits, len(place)), PAD)
        return Batch(source, length, append_eos(written, digits), digits + 1)

    def chance(self, length: int) -> float:
        """A number guessed; or the answer that is the most frequent."""
        return ((length + 1) // 2 if self.asked == "majority" else 1) / (length + 1)

    def symbol(self, index: int) -> str:
        """A bit or a digit; = for as many."""
        return str(index) if self.asked == "number" or index < 2 else "="
