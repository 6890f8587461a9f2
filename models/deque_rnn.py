"""Deque RNN: a recurrent controller that pushes to and pops from both ends of a memory, all of it in part."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.layers.memory import EMPTY, Choice, MachineFamily, Store
from models.registry import register

ACTIONS = 5  # push on top, pop from the top, push at the bottom, pop from the bottom, nothing


class Deque(Store):
    """Values with strengths, from the bottom to the top; both ends are read to a strength of 1.

    A pop by u takes u off the strengths, from its end on; then a value is pushed with its share. A read is the sum
    of the values, each weighted by as much of its strength as lies within 1 of the end. So a whole push and a whole
    pop are those of a double-ended queue, however often they come, and nothing blurs in between; a stack and a queue
    are special cases. Unlike the paper's, the actions of a step are one choice, and both values come of one command.
    Its size is that of both reads: a value holds half as many numbers.
    """

    def __init__(self, size: int, choice: Choice) -> None:
        super().__init__()
        self.size = 2 * size
        self.lean = torch.zeros(ACTIONS + self.size)
        self.choice = choice
        idle = torch.tensor([-torch.inf] * (ACTIONS - 1) + [0.0] * (1 + self.size))
        self.register_buffer("idle", idle, persistent=False)

    def start(self, batch: int) -> tuple[Tensor, Tensor]:
        """Return no values (batch, 0, size / 2) and no strengths (batch, 0)."""
        return self.idle.new_zeros(batch, 0, self.size // 2), self.idle.new_zeros(batch, 0)

    def room(self, values: Tensor, strengths: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        """Leave both as they are: every step brings its own two places along."""
        return values, strengths

    def show(self, values: Tensor, strengths: Tensor) -> Tensor:
        """Read the top and the bottom: values (batch, places, size / 2), strengths (batch, places) -> (batch, size)."""
        weights = torch.stack([near(strengths.flip(1)).flip(1), near(strengths)], 1)
        return (weights @ values).flatten(1)

    def act(self, commands: Tensor, values: Tensor, strengths: Tensor) -> tuple[Tensor, Tensor]:
        """Pop, then push, in part: values (batch, places, size / 2), strengths (batch, places); two places more."""
        actions = self.choice(commands[:, :ACTIONS])
        push_top, pop_top, push_bottom, pop_bottom, _ = actions[..., None].unbind(1)
        top, bottom = (torch.tanh(commands[:, ACTIONS:]) - EMPTY)[:, None].chunk(2, 2)
        left = popped(popped(strengths.flip(1), pop_top).flip(1), pop_bottom)
        return torch.cat([bottom, values, top], 1), torch.cat([push_bottom, left, push_top], 1)

    def trace(self, values: Tensor, strengths: Tensor) -> dict[str, Tensor]:
        """Return the strength of all that is held."""
        return {"depth": strengths.sum(1)}


def near(strengths: Tensor) -> Tensor:
    """Return as much of each strength (batch, places) as lies within 1 of the first place."""
    before = strengths.cumsum(1) - strengths
    return torch.minimum(strengths, (1 - before).clamp(min=0))


def popped(strengths: Tensor, amount: Tensor) -> Tensor:
    """Take an amount (batch, 1) off strengths (batch, places), from the first place on."""
    before = strengths.cumsum(1) - strengths
    return (strengths - (amount - before).clamp(min=0)).clamp(min=0)


@register("deque_rnn")
@dataclass(frozen=True, kw_only=True)
class DequeRNN(MachineFamily):
    """GRU with a double-ended queue that is pushed and popped at either end."""

    paper = "Grefenstette et al. 2015, arXiv 1506.02516"
    inductive_bias = "a double-ended queue"

    def store(self, size: int, choice: Choice) -> Store:
        """Return the queue."""
        return Deque(size, choice)
