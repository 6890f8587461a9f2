"""Linear RNN: a recurrence without a nonlinearity."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor, nn

from models.base import Seq2Seq, Space
from models.layers.recurrent import build, state_after, step_through
from models.registry import register

RECURRENT = ("free", "orthogonal")


class LinearLayer(nn.Module):
    """h[t] = W h[t-1] + U x[t] + b; W starts orthogonal, so that nothing fades or grows at first.

    recurrent "orthogonal": W stays so, as the exponential of a skew-symmetric matrix, whose entries are what is learnt
    (Lezcano-Casado and Martinez-Rubio 2019, arXiv 1901.08428): every eigenvalue has a modulus of 1.
    """

    parts = 1

    def __init__(self, width: int, hidden: int, recurrent: str = "free") -> None:
        super().__init__()
        self.input = nn.Linear(width, hidden)
        if recurrent == "free":
            self.recurrent = nn.Parameter(nn.init.orthogonal_(torch.empty(hidden, hidden)))
        else:
            self.turns = nn.Parameter(random_turns(hidden))

    def matrix(self) -> Tensor:
        """Return W (hidden, hidden)."""
        if hasattr(self, "recurrent"):
            return self.recurrent
        hidden = self.input.out_features
        row, column = torch.tril_indices(hidden, hidden, -1, device=self.turns.device)
        lower = self.turns.new_zeros(hidden, hidden).index_put((row, column), self.turns)
        return torch.matrix_exp(lower - lower.T)

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Step through inputs (batch, time, width); see models/layers/recurrent.py."""
        outputs = step_through(self.input(inputs), state[0], self.matrix(), lambda hidden: hidden)
        return outputs, state_after(outputs, length)


def random_turns(hidden: int) -> Tensor:
    """Draw the entries below a skew-symmetric matrix's diagonal, row by row: pairs of units turn by random angles.

    After Henaff et al. 2016 (arXiv 1602.06662); all other entries are zero -> (hidden * (hidden - 1) / 2,)
    """
    lower = torch.zeros(hidden, hidden)
    lower.diagonal(-1)[::2] = math.pi * torch.rand(hidden // 2)
    row, column = torch.tril_indices(hidden, hidden, -1)
    return lower[row, column]


@register("linear_rnn")
def linear_rnn(
    source: Space | None,
    target: Space,
    *,
    hidden: int = 64,
    layers: int = 1,
    decoder: str = "fed",
    recurrent: str = "free",
) -> Seq2Seq:
    """Linear encoder and decoder: sums of exponentials and sines of the past, exact for a sine with two units each."""
    if recurrent not in RECURRENT:
        raise ValueError(f"unknown recurrent {recurrent!r}; choose from: {', '.join(RECURRENT)}")
    layer = partial(LinearLayer, recurrent=recurrent)
    return build(layer, source, target, hidden=hidden, layers=layers, decoder=decoder)
