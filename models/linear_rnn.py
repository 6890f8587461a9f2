"""Linear RNN: a recurrence without a nonlinearity."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.base import Seq2Seq, Space, register
from models.recurrent import build, state_after, step_through


class LinearLayer(nn.Module):
    """h[t] = W h[t-1] + U x[t] + b; W starts orthogonal, so that nothing fades or grows at first."""

    parts = 1

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.input = nn.Linear(width, hidden)
        self.recurrent = nn.Parameter(nn.init.orthogonal_(torch.empty(hidden, hidden)))

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Step through inputs (batch, time, width); see models/recurrent.py."""
        outputs = step_through(self.input(inputs), state[0], self.recurrent, lambda hidden: hidden)
        return outputs, state_after(outputs, length)


@register("linear_rnn")
def linear_rnn(
    source: Space | None, target: Space, *, hidden: int = 64, layers: int = 1, decoder: str = "fed"
) -> Seq2Seq:
    """Linear encoder and decoder: sums of exponentials and sines of the past, exact for a sine with two units each."""
    return build(LinearLayer, source, target, hidden=hidden, layers=layers, decoder=decoder)
