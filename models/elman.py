"""Elman network: the tanh recurrence written out, with a learnable initial state."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.base import Seq2Seq, Space
from models.layers.recurrent import build, state_after, step_through
from models.registry import register


class ElmanLayer(nn.Module):
    """h[t] = tanh(W h[t-1] + U x[t] + b) (Elman 1990, Finding structure in time); W starts orthogonal."""

    parts = 1

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.input = nn.Linear(width, hidden)
        self.recurrent = nn.Parameter(nn.init.orthogonal_(torch.empty(hidden, hidden)))

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Step through inputs (batch, time, width); see models/layers/recurrent.py."""
        outputs = step_through(self.input(inputs), state[0], self.recurrent, torch.tanh)
        return outputs, state_after(outputs, length)


@register("elman")
def elman(
    source: Space | None,
    target: Space,
    *,
    hidden: int = 64,
    embedding: int = 0,
    layers: int = 1,
    decoder: str = "fed",
    dropout: float = 0.0,
) -> Seq2Seq:
    """Elman encoder and decoder; the encoder's last state starts the decoder."""
    return build(
        ElmanLayer,
        source,
        target,
        hidden=hidden,
        embedding=embedding,
        layers=layers,
        decoder=decoder,
        dropout=dropout,
        learn_start=True,
    )
