"""IRNN: a ReLU network whose recurrence starts as the identity."""

from __future__ import annotations

from torch import nn

from models.base import Seq2Seq, Space
from models.layers.recurrent import build
from models.registry import register
from models.rnn import RNNLayer


class IRNNLayer(RNNLayer):
    """torch.nn.RNN with ReLU, W = identity and zero biases at first (Le et al. 2015, arXiv 1504.00941)."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__(width, hidden, "relu")
        for name, weight in self.rnn.named_parameters():
            if name.startswith("bias"):
                nn.init.zeros_(weight)
            elif name.startswith("weight_hh"):
                nn.init.eye_(weight)
            else:
                nn.init.normal_(weight, std=width**-0.5)


@register("irnn")
def irnn(
    source: Space | None,
    target: Space,
    *,
    hidden: int = 64,
    embedding: int = 0,
    layers: int = 1,
    decoder: str = "fed",
    dropout: float = 0.0,
) -> Seq2Seq:
    """IRNN encoder and decoder."""
    return build(
        IRNNLayer,
        source,
        target,
        hidden=hidden,
        embedding=embedding,
        layers=layers,
        decoder=decoder,
        dropout=dropout,
    )
