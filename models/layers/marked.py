"""A source with a mark at either end, so that a decoder which walks along it can see where it begins and stops."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from models.base import PAD, Encoder, Memory, Space

MARKS = 2  # ids that the marks add behind those of a space


def with_marks(source: Tensor, source_length: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Put the mark `size` before each row and `size + 1` behind its true end; what was padding stays so.

    source (batch, time), source_length (batch,) -> tokens (batch, time + 2), length (batch,)
    """
    tokens = F.pad(source, (1, 1), value=PAD)
    tokens[:, 0] = size
    end = source_length[:, None] + 1
    tokens = tokens.scatter(1, end, size + 1)
    position = tokens.new_ones(tokens.shape).cumsum(1) - 1
    return tokens.masked_fill(position > end, PAD), source_length + 2


class MarkedEncoder(Encoder):
    """Embeds each token of the source, and a mark at either end; `final` holds their ids."""

    pairwise = False

    def __init__(self, space: Space, width: int) -> None:
        super().__init__()
        self.size = space.size
        self.embedding = nn.Embedding(space.size + MARKS, width)

    def forward(self, source: Tensor, source_length: Tensor) -> Memory:
        """Embed source (batch, source_time), source_length (batch,) -> Memory of source_time + 2 places."""
        tokens, length = with_marks(source, source_length, self.size)
        return Memory(length, self.embedding(tokens), (tokens,))
