"""Dropout whose random numbers are cheap on a CPU, where they took up to a third of a training step."""

from __future__ import annotations

import torch
from torch import Tensor, nn

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
        return inputs * kept(inputs, round(self.p * STEPS))


def kept(inputs: Tensor, dropped: int) -> Tensor:
    """Draw what inputs are multiplied by: 0 for `dropped` of STEPS, and what makes up for that elsewhere."""
    draws = torch.empty(-(-inputs.numel() // 4), dtype=torch.long).random_(-(1 << 63), None)
    stays = draws.view(torch.int16)[: inputs.numel()].view(inputs.shape) >= dropped - STEPS // 2
    return stays.to(inputs.dtype).mul_(STEPS / (STEPS - dropped) if dropped < STEPS else 0.0)
