"""Elman network: the tanh recurrence written out, with a learnable initial state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.layers.linear import Linear
from models.layers.recurrence import Lookup, embedded, pays, recur
from models.layers.recurrent import RecurrentFamily
from models.layers.steps import RecurrentLayer, state_after, step_through
from models.registry import register


class ElmanLayer(RecurrentLayer):
    """h[t] = tanh(W h[t-1] + U x[t] + b); W starts orthogonal."""

    looks_up = True

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.input = Linear(width, hidden)
        self.recurrent = nn.Parameter(nn.init.orthogonal_(torch.empty(hidden, hidden)))

    def forward(self, inputs: Tensor | Lookup, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Step through inputs (batch, time, width); see `RecurrentLayer`."""
        if pays("tanh", inputs):
            return recur("tanh", inputs, (self.input.weight, self.input.bias), self.recurrent, state, length)
        outputs = step_through(self.input(embedded(inputs)), state[0], self.recurrent, torch.tanh)
        return outputs, state_after(outputs, length)


@register("elman")
@dataclass(frozen=True, kw_only=True)
class Elman(RecurrentFamily):
    """Elman encoder and decoder; the encoder's last state starts the decoder."""

    paper = "Elman 1990, Finding structure in time"
    layer_class: ClassVar[type[RecurrentLayer]] = ElmanLayer
    learn_start: ClassVar[bool] = True
