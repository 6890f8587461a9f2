"""RNN: torch.nn.RNN, and the identity-initialised variant's layer."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn

from models.base import Seq2Seq, Space
from models.layers.recurrent import build, state_after
from models.registry import register

NONLINEARITIES = ("tanh", "relu")


class RNNLayer(nn.Module):
    """torch.nn.RNN with one layer and tanh (or ReLU)."""

    parts = 1

    def __init__(self, width: int, hidden: int, nonlinearity: str = "tanh") -> None:
        super().__init__()
        self.rnn = nn.RNN(width, hidden, nonlinearity=nonlinearity, batch_first=True)

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Step through inputs (batch, time, width); see models/layers/recurrent.py."""
        outputs, last = self.rnn(inputs, state.contiguous())
        return outputs, last if length is None else state_after(outputs, length)


@register("rnn")
def rnn(
    source: Space | None,
    target: Space,
    *,
    hidden: int = 64,
    embedding: int = 0,
    layers: int = 1,
    decoder: str = "fed",
    dropout: float = 0.0,
    start: str = "orthogonal",
    tied: bool = False,
    nonlinearity: str = "tanh",
) -> Seq2Seq:
    """torch.nn.RNN encoder and decoder (nonlinearity tanh or relu); start=torch keeps torch's own initialisation."""
    if nonlinearity not in NONLINEARITIES:
        raise ValueError(f"unknown nonlinearity {nonlinearity!r}; choose from: {', '.join(NONLINEARITIES)}")
    return build(
        partial(RNNLayer, nonlinearity=nonlinearity),
        source,
        target,
        hidden=hidden,
        embedding=embedding,
        layers=layers,
        decoder=decoder,
        dropout=dropout,
        start=start,
        tied=tied,
    )
