"""Penalties on activity: the gradient of a second loss, added where the penalised numbers are."""

from __future__ import annotations

import torch
from torch import Tensor


def penalise_activity(outputs: Tensor, weight: float) -> Tensor:
    """Add weight * mean(outputs^2) to the loss (activity regularisation: Merity et al. 2017, arXiv 1708.01009).

    outputs (batch, time, hidden), returned as they are: only their gradient is another.
    """
    if not weight or not outputs.requires_grad:
        return outputs
    penalty = outputs.detach() * (2 * weight / outputs.numel())
    outputs.register_hook(lambda gradient: gradient + penalty)
    return outputs


def penalise_change(outputs: Tensor, weight: float) -> Tensor:
    """Add weight * mean((outputs[t + 1] - outputs[t])^2) to the loss (temporal activity regularisation, ibid.).

    outputs (batch, time, hidden), returned as they are: only their gradient is another.
    """
    if not weight or not outputs.requires_grad or outputs.shape[1] < 2:
        return outputs
    change = outputs.detach().diff(dim=1)
    nothing = torch.zeros_like(change[:, :1])
    penalty = (torch.cat([nothing, change], 1) - torch.cat([change, nothing], 1)) * (2 * weight / change.numel())
    outputs.register_hook(lambda gradient: gradient + penalty)
    return outputs
