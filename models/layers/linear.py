"""Linear layers, by a kernel in C where there is one."""

from __future__ import annotations

from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

from models.layers import kernels
from models.layers.linear_compiled import LinearMap


class Linear(nn.Linear):
    """torch.nn.Linear, in less time on a processor core."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Map inputs (.., width) -> (.., outputs)."""
        return linear(inputs, self.weight, self.bias)


def linear(inputs: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Map inputs (.., width) by weight (outputs, width) and bias (outputs,) -> (.., outputs)."""
    if kernels.suit(inputs, weight):
        return cast("Tensor", LinearMap.apply(inputs, weight, bias))
    return F.linear(inputs, weight, bias)
