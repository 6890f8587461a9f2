"""The masked mean, and the decoder's inputs: written once, used everywhere."""

from __future__ import annotations

import torch
from torch import Tensor


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of `values` (batch, time) where `mask` (batch, time) is true: padding neither adds nor dilutes.

    Zero where the mask is empty.
    """
    return values.masked_fill(~mask, 0).sum() / mask.sum().clamp(min=1)


def shift_right(target: Tensor, first: Tensor) -> Tensor:
    """Return what the decoder reads: `first` (batch[, values]), then target (batch, time[, values]) but its last."""
    return torch.cat([first[:, None], target[:, :-1]], 1)
