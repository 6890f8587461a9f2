"""Linear RNN: a recurrence without a nonlinearity."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from models.layers.linear import Linear
from models.layers.recurrence import Lookup, embedded, pays, recur
from models.layers.recurrent import RecurrentFamily
from models.layers.steps import RecurrentLayer, state_after, step_through
from models.registry import register

RECURRENT = ("free", "orthogonal")


class LinearLayer(RecurrentLayer):
    """h[t] = W h[t-1] + U x[t] + b; W starts orthogonal, so that nothing fades or grows at first.

    recurrent "orthogonal": W stays so, as the exponential of a skew-symmetric matrix, whose entries are what is learnt
    (Lezcano-Casado and Martinez-Rubio 2019, arXiv 1901.08428): every eigenvalue has a modulus of 1.
    """

    looks_up = True

    def __init__(self, width: int, hidden: int, recurrent: str = "free") -> None:
        super().__init__()
        self.input = Linear(width, hidden)
        self.free = recurrent == "free"
        if self.free:
            self.recurrent = nn.Parameter(nn.init.orthogonal_(torch.empty(hidden, hidden)))
        else:
            self.turns = nn.Parameter(random_turns(hidden))

    def matrix(self) -> Tensor:
        """Return W (hidden, hidden)."""
        if self.free:
            return self.recurrent
        hidden = self.input.out_features
        row, column = torch.tril_indices(hidden, hidden, -1, device=self.turns.device)
        lower = self.turns.new_zeros(hidden, hidden).index_put((row, column), self.turns)
        return torch.matrix_exp(lower - lower.T)

    def forward(self, inputs: Tensor | Lookup, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Step through inputs (batch, time, width); see `RecurrentLayer`."""
        if pays("linear", inputs):
            return recur("linear", inputs, (self.input.weight, self.input.bias), self.matrix(), state, length)
        outputs = step_through(self.input(embedded(inputs)), state[0], self.matrix(), lambda hidden: hidden)
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
@dataclass(frozen=True, kw_only=True)
class LinearRNN(RecurrentFamily):
    """Linear encoder and decoder: sums of exponentials and sines of the past, exact for a sine with two units each."""

    paper = "Linear dynamics: Saxe et al. 2014, arXiv 1312.6120"
    inductive_bias = "a linear recurrence"
    embedding: int = field(default=0, init=False)
    dropout: float = field(default=0.0, init=False)
    recurrent: str = "free"

    def __post_init__(self) -> None:
        self.require_choices(recurrent=RECURRENT)
        super().__post_init__()

    def layer(self, width: int, hidden: int) -> RecurrentLayer:
        """Return a linear layer."""
        return LinearLayer(width, hidden, self.recurrent)
