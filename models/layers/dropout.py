"""Dropout whose random numbers are cheap on a CPU, where they took up to a third of a training step."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from models.layers import kernels
from models.layers.dropout_compiled import Dropped

STEPS = 1 << 16  # a probability is rounded to a multiple of one of so many steps


class Dropout(nn.Module):
    """Sets each number to zero with probability p in training and scales the others up (Srivastava et al. 2014).

    On a CPU one 64-bit random number decides about four, each by 16 bits; elsewhere it is torch's own.
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"a dropout probability is between 0 and 1; got {p}")
        self.p = p

    @property
    def active(self) -> bool:
        """Whether it changes anything now."""
        return self.training and self.p > 0

    def forward(self, inputs: Tensor) -> Tensor:
        """Return inputs of any shape with some set to zero."""
        if not self.active:
            return inputs
        if inputs.device.type != "cpu":
            return nn.functional.dropout(inputs, self.p)
        return drop(inputs, round(self.p * STEPS))


def drop(inputs: Tensor, dropped: int) -> Tensor:
    """Set each input to zero in `dropped` of STEPS cases, and scale the others up."""
    draws = torch.empty(-(-inputs.numel() // 4), dtype=torch.long).random_(-(1 << 63), None).view(torch.int16)
    least, factor = dropped - STEPS // 2, STEPS / (STEPS - dropped) if dropped < STEPS else 0.0
    if kernels.suit(inputs):
        return cast("Tensor", Dropped.apply(inputs, draws, least, factor))
    stays = draws[: inputs.numel()].view(inputs.shape) >= least
    return inputs * stays.to(inputs.dtype).mul_(factor)
