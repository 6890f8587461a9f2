"""The character loop: one shared step a symbol, whose output joins what was read before by adding or concatenating."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from models.base import Seq2Seq, Space
from models.layers.recurrent import build, state_after, unroll
from models.registry import register

JOINS = ("add", "concat")


class LoopLayer(nn.Module):
    """The loop of Howard's Deep Learning course (fast.ai 2017, lesson 6), before it is called a recurrent network.

    add: h[t] = tanh(W (h[t-1] + relu(U x[t]))); concat: h[t] = tanh(W relu(U [h[t-1], x[t]])), both with biases
    """

    parts = 1

    def __init__(self, width: int, hidden: int, join: str) -> None:
        super().__init__()
        self.join = join
        self.input = nn.Linear(width + (hidden if join == "concat" else 0), hidden)
        self.recurrent = nn.Linear(hidden, hidden)

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Step through inputs (batch, time, width); see models/layers/recurrent.py."""
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
def char_loop(
    source: Space | None,
    target: Space,
    *,
    hidden: int = 64,
    embedding: int = 0,
    layers: int = 1,
    decoder: str = "fed",
    join: str = "add",
) -> Seq2Seq:
    """The character loop; over windows of three symbols it is the course's three-character network."""
    if join not in JOINS:
        raise ValueError(f"unknown join {join!r}; choose from: {', '.join(JOINS)}")
    layer = partial(LoopLayer, join=join)
    return build(layer, source, target, hidden=hidden, embedding=embedding, layers=layers, decoder=decoder)
