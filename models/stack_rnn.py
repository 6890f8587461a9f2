"""Stack RNN: a recurrent controller that pushes to, pops from or keeps a stack, all three at once in part."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.base import Seq2Seq, Space
from models.layers.choices import Choice
from models.layers.memory import EMPTY, build
from models.registry import register


class Stack(nn.Module):
    """S <- push [v; S] + pop [S shifted up] + keep S, with v = tanh of the command (arXiv 1503.01007).

    There is no deepest cell: room is made for every step, and below that the stack is empty. A pop of an empty stack
    leaves it empty. Cells are stored relative to an empty one, so that what is empty is zero and need not be mixed.
    """

    actions = 3  # push, pop, keep
    idle: Tensor

    def __init__(self, cell: int, choice: Choice) -> None:
        super().__init__()
        self.cell = cell
        self.lean = torch.zeros(self.actions + cell)
        self.choice = choice
        idle = torch.tensor([-torch.inf, -torch.inf, 0.0] + [0.0] * cell)
        self.register_buffer("idle", idle, persistent=False)

    def start(self, batch: int) -> tuple[Tensor, Tensor]:
        """Return an empty stack: its one empty cell (batch, 1, cell) and its depth (batch,)."""
        return self.idle.new_zeros(batch, 1, self.cell), self.idle.new_zeros(batch)

    def room(self, cells: Tensor, depth: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        """Add empty cells below, one for each step."""
        return F.pad(cells, (0, 0, 0, steps)), depth

    def show(self, cells: Tensor, depth: Tensor) -> Tensor:
        """Return the top: cells (batch, cells, cell) -> (batch, cell)."""
        return cells[:, 0]

    def act(self, commands: Tensor, cells: Tensor, depth: Tensor) -> tuple[Tensor, Tensor]:
        """Push, pop and keep in part: cells (batch, cells, cell), the lowest empty, and depth (batch,)."""
        actions = self.choice(commands[:, : self.actions])
        push, pop, keep = actions[..., None, None].unbind(1)
        value = torch.tanh(commands[:, self.actions :]) - EMPTY
        value = value[:, None]
        mixed = keep * cells  # the rest is added in place: large blocks of memory are slow to come by
        mixed[:, :-1].addcmul_(pop, cells[:, 1:])
        mixed[:, 1:].addcmul_(push, cells[:, :-1])
        mixed[:, :1].addcmul_(push, value)
        change = actions.detach()
        return mixed, (depth + change[:, 0] - change[:, 1]).clamp(min=0)

    def trace(self, cells: Tensor, depth: Tensor) -> dict[str, Tensor]:
        """Return the depth expected: pushes less pops so far, each counted by its share, never below 0."""
        return {"depth": depth}


@register("stack_rnn")
def stack_rnn(
    source: Space | None,
    target: Space,
    *,
    hidden: int = 32,
    cell: int = 0,
    temperature: float = 1.0,
    noise: float = 0.0,
    hard: bool = False,
) -> Seq2Seq:
    """GRU with a superposition stack that is pushed, popped or kept (Joulin and Mikolov 2015, arXiv 1503.01007).

    It reads the source and an end marker, then writes with the same stack. cell: how many numbers a cell of the stack
    holds, 0 for half of hidden. temperature, noise, hard: of the choice of an action, see models/layers/choices.py.
    """
    choice = Choice(temperature, noise, hard)
    return build("stack_rnn", Stack, source, target, hidden=hidden, cell=cell, choice=choice)
