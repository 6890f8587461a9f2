"""A source with a mark at either end, so that a decoder which walks along it can see where it begins and stops."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

STOP = 2  # the id of the stop symbol in every space: padding, start and stop come before the data
FIRST_SYMBOL = 3  # where the data begin
MARKS = 2  # ids that the marks add behind those of a space


def with_ends(source: Tensor, source_length: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Put the mark `size` before each row and `size + 1` behind its true end; what was padding becomes zero.

    source (batch, time), source_length (batch,) -> symbols (batch, time + 2), length (batch,)
    """
    symbols = F.pad(source, (1, 1), value=0)
    symbols[:, 0] = size
    end = source_length[:, None] + 1
    symbols = symbols.scatter(1, end, size + 1)
    places = symbols.new_ones(symbols.shape).cumsum(1) - 1
    return symbols.masked_fill(places > end, 0), source_length + 2
