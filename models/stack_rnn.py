"""Stack RNN: a recurrent controller that pushes to, pops from or keeps a stack, all three at once in part."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from models.layers.memory import EMPTY, Choice, MachineFamily, Store
from models.registry import register


class Stack(Store):
    """S <- push [v; S] + pop [S shifted up] + keep S, with v = tanh of the command.

    There is no deepest slot: room is made for every step, and below that the stack is empty. A pop of an empty stack
    leaves it empty. Slots are stored relative to an empty one, so that what is empty is zero and need not be mixed.
    """

    actions = 3  # push, pop, keep

    def __init__(self, size: int, choice: Choice) -> None:
        super().__init__()
        self.size = size
        self.lean = torch.zeros(self.actions + size)
        self.choice = choice
        idle = torch.tensor([-torch.inf, -torch.inf, 0.0] + [0.0] * size)
        self.register_buffer("idle", idle, persistent=False)

    def start(self, batch: int) -> tuple[Tensor, Tensor]:
        """Return an empty stack: its one empty slot (batch, 1, size) and its depth (batch,)."""
        return self.idle.new_zeros(batch, 1, self.size), self.idle.new_zeros(batch)

    def room(self, slots: Tensor, depth: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        """Add empty slots below, one for each step."""
        return F.pad(slots, (0, 0, 0, steps)), depth

    def show(self, slots: Tensor, depth: Tensor) -> Tensor:
        """Return the top: slots (batch, slots, size) -> (batch, size)."""
        return slots[:, 0]

    def act(self, commands: Tensor, slots: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
        """Push, pop and keep in part: slots (batch, slots, size), the lowest empty, and depth (batch,)."""
        actions = self.choice(commands[:, : self.actions])
        push, pop, keep = actions[..., None, None].unbind(1)
        value = torch.tanh(commands[:, self.actions :]) - EMPTY
        value = value[:, None]
        mixed = keep * slots  # the rest is added in place: large blocks of memory are slow to come by
        mixed[:, :-1].addcmul_(pop, slots[:, 1:])
        mixed[:, 1:].addcmul_(push, slots[:, :-1])
        mixed[:, :1].addcmul_(push, value)
        change = actions.detach()
        return mixed, (depth + change[:, 0] - change[:, 1]).clamp(min=0)

    def trace(self, slots: Tensor, depth: Tensor) -> dict[str, Tensor]:
        """Return the depth expected: pushes less pops so far, each counted by its share, never below 0."""
        return {"depth": depth}


@register("stack_rnn")
@dataclass(frozen=True, kw_only=True)
class StackRNN(MachineFamily):
    """GRU with a superposition stack that is pushed, popped or kept."""

    paper = "Joulin and Mikolov 2015, arXiv 1503.01007"
    inductive_bias = "a stack"

    def store(self, size: int, choice: Choice) -> Store:
        """Return the stack."""
        return Stack(size, choice)
