"""Parity: is the number of ones even or odd?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from tasks.base import FIRST_TOKEN, Batch, Task, Tokens, before, register
from tasks.checks import check_choice
from tasks.strings.adversarial import draw_adversarial
from tasks.strings.draw import FAR, draw_places, draw_strings

KINDS = ("all_ones", "single_one", "alternating")
ONE = FIRST_TOKEN + 1


@register("parity")
@dataclass(frozen=True, kw_only=True)
class Parity(Task):
    """Write 1 where the number of ones is odd and 0 where it is even, for example 1 0 1 1 -> 1.

    After the parity check of Deletang et al. 2023 (arXiv 2207.02098); regular. The answer is one symbol, without EOS.
    Every bit counts: flipping any one flips the answer. Held out: a fixed share of the strings, chosen by hash; of
    length 1 there are two strings, so it may have none. Not by answers: there are only two.
    """

    adversarial_kinds: ClassVar[tuple[str, ...]] = KINDS
    automaton: ClassVar[str] = "regular: a finite automaton of two states"
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
        """Draw bits: "all_ones", "single_one" at a random place, "alternating" from 0 or from 1; as in `sample`."""
        check_choice("adversarial kind", kind, KINDS)
        if kind == "alternating":
            return _paired(draw_adversarial("period_two", length, max_length, 2, generator), length)
        time = torch.arange(max_length, device=generator.device)
        ones = time == draw_places(length, generator)[:, None] if kind == "single_one" else time >= 0
        return _paired((FIRST_TOKEN + ones.long()) * before(length, max_length), length)

    def chance(self, length: int) -> float:
        """Half of all strings are odd."""
        return 0.5

    def symbol(self, index: int) -> str:
        """A bit."""
        return str(index)


def _paired(source: Tensor, length: Tensor) -> Batch:
    """Pair bits (batch, time), PAD past each length (batch,), with their parity (batch, 1)."""
    odd = (source == ONE).sum(1, keepdim=True) % 2
    return Batch(source, length, FIRST_TOKEN + odd, torch.ones_like(length))
