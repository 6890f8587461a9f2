"""RNN: torch.nn.RNN, with tanh or ReLU."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from models.layers.recurrence import Lookup, embedded, pays, recur
from models.layers.recurrent import RecurrentFamily
from models.layers.steps import RecurrentLayer, state_after
from models.registry import register

NONLINEARITIES = ("tanh", "relu")


class RNNLayer(RecurrentLayer):
    """torch.nn.RNN with one layer and tanh (or ReLU)."""

    looks_up = True

    def __init__(self, width: int, hidden: int, nonlinearity: str = "tanh") -> None:
        super().__init__()
        self.rnn = nn.RNN(width, hidden, nonlinearity=nonlinearity, batch_first=True)

    def forward(self, inputs: Tensor | Lookup, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Step through inputs (batch, time, width); see `RecurrentLayer`."""
        if pays(self.rnn.nonlinearity, inputs):
            from_input, recurrent, input_bias, recurrent_bias = self.rnn.all_weights[0]
            driven = from_input, input_bias + recurrent_bias
            return recur(self.rnn.nonlinearity, inputs, driven, recurrent, state, length)
        outputs, last = self.rnn(embedded(inputs), state.contiguous())
        return outputs, last if length is None else state_after(outputs, length)


@register("rnn")
@dataclass(frozen=True, kw_only=True)
class RNN(RecurrentFamily):
    """torch.nn.RNN encoder and decoder (nonlinearity tanh or relu); start=torch keeps torch's own initialisation."""

    paper = "Elman 1990, Finding structure in time; orthogonal start: Saxe et al. 2014, arXiv 1312.6120"
    start: str = "orthogonal"
    tied: bool = False
    nonlinearity: str = "tanh"

    def __post_init__(self) -> None:
        self.require_choices(nonlinearity=NONLINEARITIES)
        super().__post_init__()

    def layer(self, width: int, hidden: int) -> RecurrentLayer:
        """Return an RNN layer."""
        return RNNLayer(width, hidden, self.nonlinearity)
