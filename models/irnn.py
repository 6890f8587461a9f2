"""IRNN: a ReLU network whose recurrence starts as the identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from models.layers.recurrent import RecurrentFamily
from models.layers.steps import RecurrentLayer
from models.registry import register
from models.rnn import RNNLayer


class IRNNLayer(RNNLayer):
    """torch.nn.RNN with ReLU, W = identity and zero biases at first."""

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
@dataclass(frozen=True, kw_only=True)
class IRNN(RecurrentFamily):
    """ReLU encoder and decoder whose recurrence starts as the identity."""

    paper = "Le et al. 2015, arXiv 1504.00941"
    layer_class: ClassVar[type[RecurrentLayer]] = IRNNLayer
