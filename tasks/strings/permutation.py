"""Permutation: multiply a string of permutations; the word problem of a group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from tasks.base import FIRST_TOKEN, PAD, Batch, Task, Tokens, before, register
from tasks.checks import check_choice
from tasks.strings.adversarial import draw_adversarial
from tasks.strings.draw import draw_places, draw_strings
from tasks.strings.groups import GROUPS, cayley, elements, inverses, products

KINDS = ("one_symbol", "period_two", "single_move")
ANSWERS = ("end", "each")


@register("permutation")
@dataclass(frozen=True, kw_only=True)
class Permutation(Task):
    """Write the product of permutations, the first applied first, for example 213 132 -> 312.

    The word problem of a group, by which Merrill et al. 2024 (arXiv 2404.08819) tell what a model can track: `group` is
    "s3", "s4", "a5" or "s5". That of S5 and A5 is complete for NC1, beyond what a fixed number of Transformer or
    diagonal linear layers does at any length (if TC0 is not NC1); S3 and S4 are solvable. Every permutation is a symbol
    and is drawn alike. `answer`: at the "end" alone, or after "each" symbol, a target as long as the source whose last
    symbol is that product; both without EOS. Held out: a fixed share of the strings, chosen by hash; not by answers,
    which are few.
    """

    adversarial_kinds: ClassVar[tuple[str, ...]] = KINDS
    automaton: ClassVar[str] = "regular: a finite automaton with a state for each permutation, 120 for S5"
    train_lengths: tuple[int, ...] = tuple(range(1, 33))
    eval_lengths: tuple[int, ...] = (1, 2, 5, 10, 16, 24, 32, 40, 48, 64, 128, 320, 640, 1600, 3200)
    group: str = "s5"
    answer: str = "end"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("group", self.group, tuple(GROUPS))
        check_choice("answer", self.answer, ANSWERS)

    @property
    def order(self) -> int:
        """How many permutations the group has."""
        return len(elements(self.group))

    @property
    def source(self) -> Tokens:
        """The group."""
        return Tokens(self.order)

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw permutations: length (batch,) -> source (batch, max_length), target as long or (batch, 1).

        What is drawn are the products up to each place, uniform and independent as the factors then are, too.
        """
        reached = draw_strings(length, max_length, self.order, generator)
        table, inverse = cayley(self.group, generator.device), inverses(self.group, generator.device)
        element = (reached - FIRST_TOKEN).clamp(min=0)
        before_it = torch.nn.functional.pad(element[:, :-1], (1, 0))  # the identity is element 0
        factors = FIRST_TOKEN + table[inverse[before_it], element]
        return self._paired(factors.masked_fill(reached == PAD, PAD), reached, length)

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw "one_symbol" over and over, two in turns ("period_two"), or the identity but for a "single_move".

        The move, and its place, are random; shapes as in `sample`.
        """
        check_choice("adversarial kind", kind, KINDS)
        if kind == "single_move":
            shape, device = (len(length), 1), generator.device
            move = torch.randint(1, self.order, shape, generator=generator, device=device)
            there = torch.arange(max_length, device=device) == draw_places(length, generator)[:, None]
            source = FIRST_TOKEN + torch.where(there, move, 0)
            source = source.masked_fill(~before(length, max_length), PAD)
        else:
            source = draw_adversarial(kind, length, max_length, self.order, generator)
        reached = products((source - FIRST_TOKEN).clamp(min=0), cayley(self.group, generator.device))
        return self._paired(source, FIRST_TOKEN + reached, length)

    def _paired(self, source: Tensor, reached: Tensor, length: Tensor) -> Batch:
        """Answer strings (batch, time) by the products up to each place (batch, time); length (batch,)."""
        if self.answer == "end":
            return Batch(source, length, reached.gather(1, length[:, None] - 1), torch.ones_like(length))
        return Batch(source, length, reached.masked_fill(source == PAD, PAD), length)

    def chance(self, length: int) -> float:
        """Every product that is asked for guessed."""
        return float(self.order) ** -(1 if self.answer == "end" else length)

    def symbol(self, index: int) -> str:
        """Where each point goes, counted from 1: 21345 swaps the first two."""
        return "".join(str(point + 1) for point in elements(self.group)[index])
