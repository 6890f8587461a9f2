"""Brackets: emit the closing brackets that complete a prefix, innermost first, then stop."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from tasks.base import FIRST_TOKEN, PAD, Batch, Task, Tokens, before, register
from tasks.checks import check_at_least, check_choice
from tasks.strings.draw import FAR
from tasks.strings.ends import append_eos

KINDS = ("all_open", "single_kind")
CLOSING, OPENING = ")]}>", "([{<"


@register("brackets")
@dataclass(frozen=True, kw_only=True)
class Brackets(Task):
    """Close what a prefix of a well-formed string leaves open, and stop, for example ( ) [ ( -> ) ] <stop>.

    After Newman et al. 2020 (arXiv 2010.07174); deterministic context-free, with a bounded depth regular. A length is
    that of the prefix, which need not leave anything open. Its depth is a random walk: a bracket opens or closes with
    equal probability, but opens at depth 0 and closes at depth `depth` (0: no bound). Each opening bracket is of one of
    `kinds` kinds, uniformly. Held out: a fixed share of the prefixes, chosen by hash; of length 1 there are only
    `kinds`, so it may have none. Not by answers: short ones are so few that each would be a large share.
    """

    adversarial_kinds: ClassVar[tuple[str, ...]] = KINDS
    automaton: ClassVar[str] = "deterministic context-free: one stack (one kind: a counter; bounded depth: regular)"
    train_lengths: tuple[int, ...] = tuple(range(1, 21))
    eval_lengths: tuple[int, ...] = FAR
    kinds: int = 2
    depth: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least("kinds", self.kinds, 1)
        check_at_least("depth", self.depth, 0)

    @property
    def source(self) -> Tokens:
        """Closing brackets, then opening ones."""
        return Tokens(2 * self.kinds)

    @property
    def target(self) -> Tokens:
        """Closing brackets."""
        return Tokens(self.kinds)

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw prefixes: length (batch,) -> source (batch, max_length), target (batch, max_length + 1)."""
        depth = self._draw_depths(len(length), max_length, generator)
        return self._paired(depth, self._draw_kinds(len(length), max_length, generator), length)

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw prefixes; shapes as in `sample`.

        "all_open": as deep as can be: every bracket opens, at the bound in turns with closing ones. "single_kind": all
        brackets of a row are of one kind.
        """
        check_choice("adversarial kind", kind, KINDS)
        if kind == "single_kind":
            depth = self._draw_depths(len(length), max_length, generator)
            return self._paired(depth, self._draw_kinds(len(length), 1, generator).expand_as(depth), length)
        depth = torch.arange(1, max_length + 1, device=generator.device).expand(len(length), max_length)
        if self.depth:
            depth = torch.where(depth > self.depth, self.depth - (depth - self.depth) % 2, depth)
        return self._paired(depth, self._draw_kinds(len(length), max_length, generator), length)

    def _draw_depths(self, rows: int, time: int, generator: torch.Generator) -> Tensor:
        """Draw the depth behind each bracket (rows, time): a free walk, folded where the walk must turn."""
        steps = torch.randint(2, (rows, time), generator=generator, device=generator.device) * 2 - 1
        return self._folded(steps.cumsum(1))

    def _folded(self, walk: Tensor) -> Tensor:
        """Fold a walk over all whole numbers into one that turns at 0 and at the bound."""
        if not self.depth:
            return walk.abs()
        return self.depth - (walk % (2 * self.depth) - self.depth).abs()

    def _draw_kinds(self, rows: int, time: int, generator: torch.Generator) -> Tensor:
        return torch.randint(self.kinds, (rows, time), generator=generator, device=generator.device)

    def _paired(self, depth: Tensor, kind: Tensor, length: Tensor) -> Batch:
        """Write brackets from depths and the kinds of opening ones, two of (batch, time); length (batch,)."""
        opens = depth > torch.nn.functional.pad(depth[:, :-1], (1, 0))
        level = torch.where(opens, depth, depth + 1)  # of a pair: both its brackets have the same one
        order = level.argsort(dim=1, stable=True)  # the brackets of a level in turns open and close
        in_order = kind.gather(1, order)
        partner = torch.nn.functional.pad(in_order[:, :-1], (1, 0))
        in_order = torch.where(opens.gather(1, order), in_order + self.kinds, partner)
        source = FIRST_TOKEN + torch.zeros_like(kind).scatter(1, order, in_order)
        inside = before(length, depth.shape[1])
        return Batch(source.masked_fill(~inside, PAD), length, *self._answer(depth, opens & inside, kind, length))

    def _answer(self, depth: Tensor, opens: Tensor, kind: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """Close what is open at the end -> target (batch, time + 1), its length (batch,)."""
        time = depth.shape[1]
        later = depth.masked_fill(~before(length, time), time).flip(1).cummin(1).values.flip(1)
        stays_open = opens & (later == depth)
        count = depth.gather(1, length[:, None] - 1)  # (batch, 1)
        place = torch.where(stays_open, count - depth, time)  # the deepest first; what is closed goes to a spare place
        target = torch.full_like(kind, PAD)
        target = torch.nn.functional.pad(target, (0, 1)).scatter(1, place, FIRST_TOKEN + kind)[:, :-1]
        return append_eos(target, count[:, 0]), count[:, 0] + 1

    def chance(self, length: int) -> float:
        """Every bracket guessed, their number known; the mean over how many there are."""
        depths = self._folded(torch.arange(-length, length + 1, 2)).tolist()
        ways = (math.comb(length, ups) / 2**length for ups in range(length + 1))
        guessed = math.fsum(share * float(self.kinds) ** -depth for share, depth in zip(ways, depths, strict=True))
        return min(1.0, guessed)

    def symbol(self, index: int) -> str:
        """A bracket, numbered where there are more kinds than pairs of brackets."""
        kind = index % self.kinds
        if kind < len(CLOSING):
            return (CLOSING if index < self.kinds else OPENING)[kind]
        return f"{kind})" if index < self.kinds else f"({kind}"
