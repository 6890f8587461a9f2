"""The character loop: one shared step a token, whose output joins what was read before by adding or concatenating."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from models.layers.recurrent import RecurrentFamily
from models.layers.steps import RecurrentLayer, state_after, unroll
from models.registry import register

JOINS = ("add", "concat")


class LoopLayer(RecurrentLayer):
    """One step of the loop before it is called a recurrent network.

    add: h[t] = tanh(W (h[t-1] + relu(U x[t]))); concat: h[t] = tanh(W relu(U [h[t-1], x[t]])), both with biases
    """

    def __init__(self, width: int, hidden: int, join: str) -> None:
        super().__init__()
        self.join = join
        self.input = nn.Linear(width + (hidden if join == "concat" else 0), hidden)
        self.recurrent = nn.Linear(hidden, hidden)

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Step through inputs (batch, time, width); see `RecurrentLayer`."""
        every = unroll(self.step, inputs, state[0])
        return every, state_after(every, length)

    def step(self, read: Tensor, hidden: Tensor) -> Tensor:
        """Return the state after x[t] (batch, width) and the state before, (batch, hidden)."""
        if self.join == "add":
            joined = hidden + self.input(read).relu()
        else:
            joined = self.input(torch.cat([hidden, read], 1)).relu()
        return self.recurrent(joined).tanh()


@register("char_loop")
@dataclass(frozen=True, kw_only=True)
class CharLoop(RecurrentFamily):
    """The character loop; over windows of three tokens it is the course's three-character network."""

    paper = "Howard 2017, fast.ai Deep Learning course, lesson 6"
    dropout: float = field(default=0.0, init=False)
    join: str = "add"

    def __post_init__(self) -> None:
        self.require_choices(join=JOINS)
        super().__post_init__()

    def layer(self, width: int, hidden: int) -> RecurrentLayer:
        """Return one loop."""
        return LoopLayer(width, hidden, self.join)
