"""minGRU: a GRU whose gates see the input alone, so that all steps are computed at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.layers.linear import Linear
from models.layers.residual import ResidualFamily
from models.layers.scan import scan
from models.layers.steps import RecurrentLayer, state_after
from models.registry import register


class MinGRUMixer(RecurrentLayer):
    """h[t] = (1 - z[t]) * h[t-1] + z[t] * g(U x[t]), z = sigmoid(Z x), g as below (Feng et al. 2024, arXiv 2410.01201).

    What is added to the layer's inputs is a linear map of h. A gate lies between 0 and 1 and does not see the state, so
    that one layer cannot count modulo 2 (Grazzi et al. 2024, arXiv 2411.12537).
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.input = Linear(hidden, 2 * hidden)
        self.output = Linear(hidden, hidden, bias=False)

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read inputs (batch, time, hidden), state (1, batch, hidden); see `RecurrentLayer`."""
        gate, content = self.input(inputs).chunk(2, -1)
        states = scan(torch.sigmoid(-gate), torch.sigmoid(gate) * positive(content), state[0])
        return self.output(states), state_after(states, length)


def positive(content: Tensor) -> Tensor:
    """Return the paper's g: x + 1/2 from 0 on, sigmoid(x) below, so that states are positive; any shape."""
    return torch.where(content >= 0, content + 0.5, content.sigmoid())


@register("min_gru")
@dataclass(frozen=True, kw_only=True)
class MinGRU(ResidualFamily):
    """Layers of minGRU, scanned in parallel, that read the source and then write the target."""

    paper = "Feng et al. 2024, arXiv 2410.01201"

    def mixer(self, hidden: int) -> RecurrentLayer:
        """Return a minGRU."""
        return MinGRUMixer(hidden)
