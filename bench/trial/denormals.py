"""Denormal numbers, those below 1.2e-38, which some processors take a hundred times as long with.

Of a Transformer's gradients a third are such, those of keys that a mask hides.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

DENORMAL = 1e-40


@contextmanager
def flushed() -> Iterator[None]:
    """Let them count as zero meanwhile, in this thread, where the processor can."""
    before = are_flushed()
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


def are_flushed() -> bool:
    """Whether they count as zero now."""
    return not bool((torch.full((1,), DENORMAL) * 1.0).any())
