"""GRU written out: the gates as formulas, one step at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.layers.recurrent import RecurrentFamily
from models.layers.steps import RecurrentLayer, state_after, unroll
from models.registry import register


class GRUCellLayer(RecurrentLayer):
    """r, z = sigmoid(U x + W h), n = tanh(U x + r * (W h)), h = (1 - z) * n + z * h.

    The reset gate stands after the product, as in torch.nn.GRU, whose numbers this layer gives with the same weights.
    """

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.input = nn.Linear(width, 3 * hidden)
        self.recurrent = nn.Linear(hidden, 3 * hidden)
        for gate in self.recurrent.weight.data.chunk(3):
            nn.init.orthogonal_(gate)

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Step through inputs (batch, time, width); see `RecurrentLayer`."""
        every = unroll(self.step, self.input(inputs), state[0])
        return every, state_after(every, length)

    def step(self, driven: Tensor, hidden: Tensor) -> Tensor:
        """Return the state after U x[t] + its bias (batch, 3 * hidden) and the state before, (batch, hidden)."""
        reset_in, keep_in, content_in = driven.chunk(3, 1)
        reset_back, keep_back, content_back = self.recurrent(hidden).chunk(3, 1)
        keep = torch.sigmoid(keep_in + keep_back)
        content = torch.tanh(content_in + torch.sigmoid(reset_in + reset_back) * content_back)
        return (1 - keep) * content + keep * hidden


@register("gru_cell")
@dataclass(frozen=True, kw_only=True)
class GRUCell(RecurrentFamily):
    """GRU encoder and decoder with the gates written out; `gru` is the same by torch.nn."""

    paper = "Cho et al. 2014, arXiv 1406.1078"
    layer_class: ClassVar[type[RecurrentLayer]] = GRUCellLayer
