"""Cycle navigation: where on a cycle do moves lead?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from tasks.base import FIRST_TOKEN, PAD, Batch, Task, Tokens, before, register
from tasks.checks import check_at_least, check_choice
from tasks.strings.draw import FAR, draw_places

KINDS = ("one_way", "in_turns", "there_and_back", "single_move")


@register("cycle_navigation")
@dataclass(frozen=True, kw_only=True)
class CycleNavigation(Task):
    """Write the place on a cycle that moves from place 0 lead to, for example +1 -1 0 -1 -1 -> 3.

    After Deletang et al. 2023 (arXiv 2207.02098), with their five `places`; regular. Each move is 0, +1 or -1, drawn
    alike. The answer is one symbol, without EOS. A move of 0 and place 0 are one token, and the other places are never
    read. Held out: a fixed share of the strings, chosen by hash; of length 1 there are three, so it may have none. Not
    by answers, which are few.
    """

    adversarial_kinds: ClassVar[tuple[str, ...]] = KINDS
    automaton: ClassVar[str] = "regular: a finite automaton with a state for each place"
    train_lengths: tuple[int, ...] = tuple(range(1, 21))
    eval_lengths: tuple[int, ...] = FAR
    places: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least("places", self.places, 2)

    @property
    def source(self) -> Tokens:
        """Places, the first of which is a move of 0; then +1 and -1."""
        return Tokens(self.places + 2)

    @property
    def target(self) -> Tokens:
        """Places."""
        return Tokens(self.places)

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw moves: length (batch,) -> source (batch, max_length), target (batch, 1)."""
        shape = (len(length), max_length)
        return self._paired(torch.randint(-1, 2, shape, generator=generator, device=generator.device), length)

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw moves, first +1 or first -1 at random; shapes as in `sample`.

        "one_way": all alike, as far as can be. "in_turns": +1 and -1. "there_and_back": one half of them one way, the
        others back, one fewer where they are odd in number. "single_move": all but one at a random place are 0.
        """
        check_choice("adversarial kind", kind, KINDS)
        rows, device = len(length), generator.device
        way = 1 - 2 * torch.randint(2, (rows, 1), generator=generator, device=device)
        time = torch.arange(max_length, device=device).expand(rows, max_length)
        if kind == "single_move":
            return self._paired(way * (time == draw_places(length, generator)[:, None]), length)
        back = {"one_way": time < 0, "in_turns": time % 2 == 1, "there_and_back": 2 * time >= length[:, None]}[kind]
        return self._paired(torch.where(back, -way, way), length)

    def _paired(self, moves: Tensor, length: Tensor) -> Batch:
        """Pair moves (batch, time) of -1, 0 and 1 with the place that they lead to; length (batch,)."""
        inside = before(length, moves.shape[1])
        place = moves.masked_fill(~inside, 0).sum(1, keepdim=True) % self.places
        written = torch.where(moves == 0, 0, torch.where(moves > 0, self.places, self.places + 1))
        source = (FIRST_TOKEN + written).masked_fill(~inside, PAD)
        return Batch(source, length, FIRST_TOKEN + place, torch.ones_like(length))

    def chance(self, length: int) -> float:
        """The likeliest place guessed: after few moves that is one near place 0."""
        share = [1.0] + [0.0] * (self.places - 1)
        for _ in range(length):
            share = [(share[at - 1] + share[at] + share[(at + 1) % self.places]) / 3 for at in range(self.places)]
        return max(share)

    def symbol(self, index: int) -> str:
        """A place, or a move."""
        return str(index) if index < self.places else ("+1", "-1")[index - self.places]
