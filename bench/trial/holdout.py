"""Hold-out by hash: which examples are never trained on."""

from __future__ import annotations

from torch import Tensor

from tasks import hashing
from tasks.base import Batch

SHARE = 8  # one example in so many is held out


def example_hash(batch: Batch) -> Tensor | None:
    """Hash what is held out together to an int64 (batch,), the same on every device; None where there is nothing."""
    if batch.identity is not None:
        return hashing.mixed(batch.identity.long() * hashing.factors(1, batch.identity.device))
    return string_hash(batch)


def string_hash(batch: Batch) -> Tensor | None:
    """Hash each source to an int64 (batch,), the same on every device and at any padding; None for real values."""
    if batch.source is None or batch.source.is_floating_point():
        return None
    return hashing.string_hash(batch.source, batch.source_length)


def held_out(batch: Batch) -> Tensor | None:
    """(batch,), True for examples that are never trained on; None where nothing needs holding out."""
    hashed = example_hash(batch)
    return None if hashed is None else hashed.bitwise_and((1 << 62) - 1) % SHARE == 0
