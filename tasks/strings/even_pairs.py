"""Even pairs: do neighbours differ an even number of times?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from tasks.base import FIRST_TOKEN, PAD, Batch, Task, Tokens, before, register
from tasks.checks import check_choice
from tasks.strings.adversarial import STRING_KINDS, draw_adversarial
from tasks.strings.draw import FAR, draw_places, draw_strings


@register("even_pairs")
@dataclass(frozen=True, kw_only=True)
class EvenPairs(Task):
    """Write 0 where the pairs 01 and 10 of a string are even in number, 1 where odd, for example 0 1 1 0 -> 0.

    After Deletang et al. 2023 (arXiv 2207.02098); regular. Each such pair changes the bit, so that they are even in
    number where the last bit is the first: what is between need not be counted, but a model is not told. The answer is
    one symbol, without EOS; of one bit it is 0. Held out: a fixed share of the strings, chosen by hash; of length 1
    there are two, so it may have none. Not by answers: there are only two.
    """

    adversarial_kinds: ClassVar[tuple[str, ...]] = (*STRING_KINDS, "one_change")
    automaton: ClassVar[str] = "regular: a finite automaton of four states, for the first bit and the last"
    train_lengths: tuple[int, ...] = tuple(range(1, 21))
    eval_lengths: tuple[int, ...] = FAR

    @property
    def source(self) -> Tokens:
        """Bits."""
        return Tokens(2)

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw uniform bits: length (batch,) -> source (batch, max_length), target (batch, 1)."""
        return _paired(draw_strings(length, max_length, 2, generator), length)

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw strings of a kind; shapes as in `sample`.

        "one_change": zeros, then ones, or ones, then zeros; a single bit has nothing to change to.
        """
        check_choice("adversarial kind", kind, self.adversarial_kinds)
        if kind != "one_change":
            return _paired(draw_adversarial(kind, length, max_length, 2, generator), length)
        first = torch.randint(2, (len(length), 1), generator=generator, device=generator.device)
        change = 1 + draw_places((length - 1).clamp(min=1), generator)
        changed = torch.arange(max_length, device=generator.device) >= change[:, None]
        source = FIRST_TOKEN + torch.where(changed, 1 - first, first)
        return _paired(source.masked_fill(~before(length, max_length), PAD), length)

    def chance(self, length: int) -> float:
        """Half of all strings are odd; one bit is always even."""
        return 1.0 if length == 1 else 0.5

    def symbol(self, index: int) -> str:
        """A bit."""
        return str(index)


def _paired(source: Tensor, length: Tensor) -> Batch:
    """Pair bits (batch, time), PAD past each length (batch,), with whether the last is another than the first."""
    odd = source.gather(1, length[:, None] - 1) != source[:, :1]
    return Batch(source, length, FIRST_TOKEN + odd.long(), torch.ones_like(length))
