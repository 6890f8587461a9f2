"""Hashes of examples, the same on every device and at any padding: by these some are held out of training."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from tasks.base import before

_MASK = (1 << 64) - 1


def string_hash(ids: Tensor, length: Tensor) -> Tensor:
    """Hash each row up to its length, in its order: ids (batch, time), length (batch,) -> int64 (batch,)."""
    real = before(length, ids.shape[1])
    weighted = (ids.long() + 1) * factors(ids.shape[1], ids.device)
    return mixed(weighted.masked_fill(~real, 0).sum(1) + length)


def multiset_hash(ids: Tensor) -> Tensor:
    """Hash each row's ids in whatever order they stand, PAD counting for nothing: (batch, time) -> int64 (batch,)."""
    return mixed(ids.long()).sum(1)


def number_hash(digits: Tensor) -> Tensor:
    """Hash numbers given by their digits, lowest first, zeros above: (batch, places) -> int64 (batch,)."""
    return mixed((digits * factors(digits.shape[1], digits.device)).sum(1))


def mixed(hashed: Tensor) -> Tensor:
    """Spread the differences of an int64 over all its bits (the finaliser of SplitMix64, Steele et al. 2014)."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        hashed = (hashed ^ (hashed >> shift)) * _signed(factor)
    return hashed ^ (hashed >> 31)


@cache
def factors(time: int, device: torch.device) -> Tensor:
    """Return one odd 64-bit factor a position (time,), from the SplitMix64 sequence; kept on the device once made."""
    found, state = [], 0
    for _ in range(time):
        state = (state + 0x9E3779B97F4A7C15) & _MASK
        value = state
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            value = ((value ^ (value >> shift)) * factor) & _MASK
        found.append(_signed((value ^ (value >> 31)) | 1))
    return torch.tensor(found, device=device)


def _signed(value: int) -> int:
    """Read a 64-bit pattern as a signed number, as int64 tensors do."""
    return value - (1 << 64) if value >> 63 else value
