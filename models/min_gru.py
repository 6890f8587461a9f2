"""minGRU: a GRU whose gates see the input alone, so that all steps are computed at once."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from models.base import Seq2Seq, Space
from models.layers.recurrent import build, state_after
from models.layers.scan import ResidualLayer, scan, with_one_stack
from models.registry import register


class MinGRU(nn.Module):
    """h[t] = (1 - z[t]) * h[t-1] + z[t] * g(U x[t]), z = sigmoid(Z x), g as below (Feng et al. 2024, arXiv 2410.01201).

    What is added to the layer's inputs is a linear map of h. A gate lies between 0 and 1 and does not see the state, so
    that one layer cannot count modulo 2 (Grazzi et al. 2024, arXiv 2411.12537).
    """

    parts = 1

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.input = nn.Linear(hidden, 2 * hidden)
        self.output = nn.Linear(hidden, hidden, bias=False)

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read inputs (batch, time, hidden), state (1, batch, hidden); see models/layers/scan.py."""
        gate, content = self.input(inputs).chunk(2, -1)
        states = scan(torch.sigmoid(-gate), torch.sigmoid(gate) * positive(content), state[0])
        return self.output(states), state_after(states, length)


def positive(content: Tensor) -> Tensor:
    """Return the paper's g: x + 1/2 from 0 on, sigmoid(x) below, so that states are positive; any shape."""
    return torch.where(content >= 0, content + 0.5, content.sigmoid())


@register("min_gru")
def min_gru(
    source: Space | None,
    target: Space,
    *,
    hidden: int = 64,
    embedding: int = 0,
    layers: int = 2,
    decoder: str = "fed",
    dropout: float = 0.0,
) -> Seq2Seq:
    """Layers of minGRU, scanned in parallel, that read the source and then write the target."""
    return with_one_stack(
        build(
            partial(ResidualLayer, mixer=MinGRU),
            source,
            target,
            hidden=hidden,
            embedding=embedding,
            layers=layers,
            decoder=decoder,
            dropout=dropout,
        )
    )
