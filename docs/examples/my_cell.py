"""my_cell.py: a recurrent cell of one's own, as a family for every task: strings, digits, a signal, a text."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from models import register
from models.layers.recurrent import RecurrentFamily
from models.layers.steps import RecurrentLayer, state_after, unroll


class LightUnit(RecurrentLayer):
    """k = sigmoid(U x + W h), n = tanh(V x + R h), h = k * h + (1 - k) * n: a GRU without its reset gate."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.input = nn.Linear(width, 2 * hidden)  # U and V, for all steps at once
        self.recurrent = nn.Linear(hidden, 2 * hidden, bias=False)  # W and R
        for part in self.recurrent.weight.data.chunk(2):
            nn.init.orthogonal_(part)

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """inputs (batch, time, width), state (1, batch, hidden) -> outputs (batch, time, hidden), state at `length`"""
        outputs = unroll(self.step, self.input(inputs), state[0])
        return outputs, state_after(outputs, length)

    def step(self, driven: Tensor, hidden: Tensor) -> Tensor:
        """driven (batch, 2 hidden), hidden (batch, hidden) -> the next hidden"""
        keep, content = (driven + self.recurrent(hidden)).chunk(2, 1)
        return torch.lerp(content.tanh(), hidden, keep.sigmoid())


@register("my_cell")
@dataclass(frozen=True, kw_only=True)
class MyCell(RecurrentFamily):
    """Encoder and decoder of light units."""

    paper = "Ravanelli et al. 2018, arXiv 1803.10225, there with ReLU and batch normalisation"
    layer_class: ClassVar[type[RecurrentLayer]] = LightUnit
