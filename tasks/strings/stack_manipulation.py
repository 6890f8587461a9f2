"""Stack manipulation: a stack is given, then pushed and popped; what is on it at the end?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from tasks.base import FIRST_TOKEN, PAD, Batch, Task, Tokens, before, register
from tasks.checks import check_choice
from tasks.strings.draw import FAR, draw_places
from tasks.strings.ends import append_eos

KINDS = ("all_pushes", "all_pops", "in_turns", "pops_first")
MARKS = ("a", "b", "+a", "+b", "-")
SYMBOLS, PUSH, POP = 2, 2, 4  # how many symbols there are; the first action that pushes; the one that pops


@register("stack_manipulation")
@dataclass(frozen=True, kw_only=True)
class StackManipulation(Task):
    """Write what is on a stack after some actions, from the top, and stop, for example a b b - - +b -> b a <stop>.

    After Deletang et al. 2023 (arXiv 2207.02098), deterministic context-free. The source is the stack of a and b, from
    the bottom, then actions: +a and +b push, - pops, and does nothing where the stack is empty. A length counts both.
    As theirs, how many of them are the stack is uniform from 1 to all but one, and the three actions are drawn alike,
    so that stacks grow and are seldom emptied; adversarial kinds empty them. Held out: a fixed share of the sources,
    chosen by hash; of length 1 there are two, so it may have none. Not by answers: short ones are so few that each
    would be a large share.
    """

    adversarial_kinds: ClassVar[tuple[str, ...]] = KINDS
    automaton: ClassVar[str] = "deterministic context-free: one stack"
    train_lengths: tuple[int, ...] = tuple(range(1, 21))
    eval_lengths: tuple[int, ...] = FAR

    @property
    def source(self) -> Tokens:
        """Symbols, then actions."""
        return Tokens(len(MARKS))

    @property
    def target(self) -> Tokens:
        """Symbols."""
        return Tokens(SYMBOLS)

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw stacks and actions: length (batch,) -> source (batch, max_length), target (batch, max_length + 1)."""
        given = _draw_given(length, generator)
        action = torch.randint(SYMBOLS + 1, (len(length), max_length), generator=generator, device=generator.device)
        return _paired(action == SYMBOLS, given, length, generator)

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw stacks as in `sample` and actions of a kind; shapes as there.

        "all_pushes": the answer is as long as the source. "all_pops": what was at the bottom is left, or nothing.
        "in_turns": a push, a pop, a push .. "pops_first": half of the actions pop, then the others push, so that what
        was uncovered is covered again.
        """
        check_choice("adversarial kind", kind, KINDS)
        given = _draw_given(length, generator)
        action = torch.arange(max_length, device=generator.device) - given  # (batch, time), counted from 0
        pops = {
            "all_pushes": action < 0,
            "all_pops": action >= 0,
            "in_turns": action % 2 == 1,
            "pops_first": 2 * action < length[:, None] - given,
        }[kind]
        return _paired(pops, given, length, generator)

    def chance(self, length: int) -> float:
        """The likeliest answer guessed: all that are as long are as likely, so the likeliest is a short one."""
        share = torch.zeros(length + 1, dtype=torch.float64)  # of each depth, once there are actions
        most = max(length - 1, 1)
        for time in range(1, length + 1):
            popped = F.pad(share[1:], (0, 1))
            popped[0] += share[0]  # an empty stack stays empty
            share = (SYMBOLS * F.pad(share[:-1], (1, 0)) + popped) / (SYMBOLS + 1)
            if time <= most:
                share[time] += 1 / most  # the stack that is given ends here
        return float((share * float(SYMBOLS) ** -torch.arange(length + 1)).max())

    def symbol(self, index: int) -> str:
        """A symbol, + and a symbol that is pushed, - for what pops."""
        return MARKS[index]


def _draw_given(length: Tensor, generator: torch.Generator) -> Tensor:
    """Draw how many tokens are the stack, at least one and at most all but one: length (batch,) -> (batch, 1)."""
    return 1 + draw_places((length - 1).clamp(min=1), generator)[:, None]


def _paired(pops: Tensor, given: Tensor, length: Tensor, generator: torch.Generator) -> Batch:
    """Write stacks of so many tokens (batch, 1), then actions that pop (batch, time) or push; length (batch,)."""
    symbol = torch.randint(SYMBOLS, pops.shape, generator=generator, device=generator.device)
    is_given = torch.arange(pops.shape[1], device=generator.device) < given
    inside = before(length, pops.shape[1])
    written = torch.where(is_given, symbol, torch.where(pops, POP, PUSH + symbol))
    source = (FIRST_TOKEN + written).masked_fill(~inside, PAD)
    target, count = _left(symbol, pops & ~is_given, inside)
    return Batch(source, length, append_eos(target, count), count + 1)


def _left(symbol: Tensor, pops: Tensor, inside: Tensor) -> tuple[Tensor, Tensor]:
    """Return what is left, from the top (batch, time), PAD behind, and how much (batch,): three of (batch, time)."""
    walk = torch.where(pops, -1, 1).masked_fill(~inside, 0).cumsum(1)
    depth = walk - walk.cummin(1).values.clamp(max=0)  # each pop of an empty stack lifts the ground, so to speak
    time, count = torch.arange(walk.shape[1], device=walk.device).expand_as(walk), depth[:, -1]
    level = depth.masked_fill(pops | ~inside, 0)  # where a token is put, 0 where it puts nothing
    last = F.pad(torch.zeros_like(walk), (0, 1)).scatter_reduce(1, level, time, "amax")  # that put something there
    from_top = (count[:, None] - time).clamp(min=0)
    left = FIRST_TOKEN + symbol.gather(1, last.gather(1, from_top))
    return left.masked_fill(~before(count, walk.shape[1]), PAD), count
