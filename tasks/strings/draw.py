"""Random strings and places."""

from __future__ import annotations

import torch
from torch import Tensor

from tasks.base import FIRST_TOKEN, PAD, before

FAR = (1, 2, 5, 10, 15, 20, 25, 30, 40, 60, 100, 200, 400, 1000, 2000)  # where those that train up to 20 are evaluated


def draw_strings(length: Tensor, max_length: int, symbols: int, generator: torch.Generator) -> Tensor:
    """Draw strings, each symbol uniform: length (batch,) -> (batch, max_length), PAD past each length."""
    shape, device = (len(length), max_length), generator.device
    drawn = torch.randint(FIRST_TOKEN, FIRST_TOKEN + symbols, shape, generator=generator, device=device)
    return drawn.masked_fill(~before(length, max_length), PAD)


def draw_places(length: Tensor, generator: torch.Generator) -> Tensor:
    """Draw a place within each row, uniform: length (batch,) -> (batch,), from 0 to below the length."""
    uniform = torch.rand(len(length), generator=generator, device=generator.device, dtype=torch.float64)
    return (uniform * length).long()
