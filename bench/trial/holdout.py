"""Hold-out by hash: which examples are never trained on."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from tasks.base import Batch, before

SHARE = 8  # one example in so many is held out
_MASK = (1 << 64) - 1


def example_hash(batch: Batch) -> Tensor | None:
    """Hash what is held out together to an int64 (batch,), the same on every device; None where there is nothing."""
    if batch.identity is not None:
        return _mixed(batch.identity.long() * _factors(1, batch.identity.device))
    return string_hash(batch)


def string_hash(batch: Batch) -> Tensor | None:
    """Hash each source to an int64 (batch,), the same on every device and at any padding; None for real values."""
    if batch.source is None or batch.source.is_floating_point():
        return None
    time = batch.source.shape[1]
    real = batch.source.masked_fill(~before(batch.source_length, time), 0).long() + 1
    weighted = real.masked_fill(~before(batch.source_length, time), 0) * _factors(time, real.device)
    return _mixed(weighted.sum(1) + batch.source_length)


def held_out(batch: Batch) -> Tensor | None:
    """(batch,), True for examples that are never trained on; None where nothing needs holding out."""
    hashed = example_hash(batch)
    return None if hashed is None else hashed.bitwise_and((1 << 62) - 1) % SHARE == 0


def _mixed(hashed: Tensor) -> Tensor:
    """Spread the differences of an int64 over all its bits (the finaliser of SplitMix64, Steele et al. 2014)."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        hashed = (hashed ^ (hashed >> shift)) * _signed(factor)
    return hashed ^ (hashed >> 31)


@cache
def _factors(time: int, device: torch.device) -> Tensor:
    """Return one odd 64-bit factor a position (time,), from the SplitMix64 sequence; kept on the device once made."""
    factors, state = [], 0
    for _ in range(time):
        state = (state + 0x9E3779B97F4A7C15) & _MASK
        value = state
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            value = ((value ^ (value >> shift)) * factor) & _MASK
        factors.append(_signed((value ^ (value >> 31)) | 1))
    return torch.tensor(factors, device=device)


def _signed(value: int) -> int:
    """Read a 64-bit pattern as a signed number, as int64 tensors do."""
    return value - (1 << 64) if value >> 63 else value
