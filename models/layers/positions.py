"""Position schemes of the Transformer, as functions of integer positions."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def sinusoids(position: Tensor, hidden: int) -> Tensor:
    """Sine and cosine waves of geometric wavelengths (Vaswani et al. 2017): position (time,) -> (time, hidden)."""
    half = torch.arange(0, hidden, 2, device=position.device)
    angle = position[:, None] * torch.exp(half * (-math.log(10_000.0) / hidden))
    return torch.stack([angle.sin(), angle.cos()], -1).flatten(1)[:, :hidden]


def rotate(heads: Tensor, position: Tensor) -> Tensor:
    """Turn pairs of features by an angle that grows with position (Su et al. 2021): (.., time, even size), (time,)."""
    size = heads.shape[-1]
    frequency = torch.exp(torch.arange(0, size, 2, device=heads.device) * (-math.log(10_000.0) / size))
    angle = position[:, None] * frequency
    cos, sin = angle.cos(), angle.sin()
    even, odd = heads[..., 0::2], heads[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)


def alibi_bias(heads: int, query_position: Tensor, key_position: Tensor) -> Tensor:
    """Return -slope |distance| with slopes 2^(-8 h / heads) (Press et al. 2022): -> (heads, queries, keys)."""
    slope = 2.0 ** (-8.0 * torch.arange(1, heads + 1, device=query_position.device) / heads)
    distance = (query_position[:, None] - key_position).abs()
    return -slope[:, None, None] * distance
