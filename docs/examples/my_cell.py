"""my_cell.py: a recurrent cell of one's own, as a family for every task: strings, digits, a signal, a text."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from models import register
from models.layers.recurrent import RecurrentFamily
from models.layers.steps import RecurrentLayer, state_after, unroll


class MinimalGatedUnit(RecurrentLayer):
    """f = sigmoid(U x + W h), n = tanh(V x + R (f * h)), h = (1 - f) * h + f * n."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.input = nn.Linear(width, 2 * hidden)  # U and V, for all steps at once
        self.gate = nn.Linear(hidden, hidden, bias=False)
        self.content = nn.Linear(hidden, hidden, bias=False)
        for part in (self.gate, self.content):
            nn.init.orthogonal_(part.weight)

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """inputs (batch, time, width), state (1, batch, hidden) -> outputs (batch, time, hidden), state at `length`"""
        outputs = unroll(self.step, self.input(inputs), state[0])
        return outputs, state_after(outputs, length)

    def step(self, driven: Tensor, hidden: Tensor) -> Tensor:
        """driven (batch, 2 hidden), hidden (batch, hidden) -> the next hidden"""
        gate_in, content_in = driven.chunk(2, 1)
        gate = torch.sigmoid(gate_in + self.gate(hidden))
        content = torch.tanh(content_in + self.content(gate * hidden))
        return (1 - gate) * hidden + gate * content


@register("my_cell")
@dataclass(frozen=True, kw_only=True)
class MyCell(RecurrentFamily):
    """Encoder and decoder of minimal gated units."""

    paper = "Zhou et al. 2016, arXiv 1603.09420"
    layer_class: ClassVar[type[RecurrentLayer]] = MinimalGatedUnit
