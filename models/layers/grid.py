"""Rotary positions in two dimensions: half of a head's features turn with the row, half with the column."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from models.layers.attention import AttentionBlock

BASE = 10_000.0  # wavelengths of each half go from 2 pi to nearly 2 pi times this


class Turn(NamedTuple):
    """The cosines and sines of tokens' angles, each (batch, 1, time, hidden / heads / 2)."""

    cosine: Tensor
    sine: Tensor

    def __call__(self, heads: Tensor) -> Tensor:
        """Turn each pair of features of heads (batch, heads, time, hidden / heads) by its angle."""
        even, odd = heads[..., 0::2], heads[..., 1::2]
        turned = even * self.cosine - odd * self.sine, even * self.sine + odd * self.cosine
        return torch.stack(turned, -1).flatten(-2)


def turn_of(row: Tensor, column: Tensor, width: int) -> Turn:
    """Return the turn of tokens at row, column (batch, time), for heads of `width` features, a multiple of 4.

    The first half of the pairs turns with the row, the second with the column, each at the frequencies that rotary
    positions (Su et al. 2021, arXiv 2104.09864) have for so many features.
    """
    frequency = torch.exp(torch.arange(0, width // 2, 2, device=row.device) * (-math.log(BASE) / (width // 2)))
    angle = torch.cat([row[..., None] * frequency, column[..., None] * frequency], -1)[:, None]
    return Turn(angle.cos(), angle.sin())


class GridBlock(AttentionBlock):
    """A Transformer's block whose queries and keys are turned as they are made; keys are kept turned."""

    def __init__(self, hidden: int, heads: int, dropout: float) -> None:
        super().__init__(hidden, heads, "none", dropout, crossed=False)

    def keys_values(self, states: Tensor, turn: Turn) -> tuple[Tensor, Tensor]:
        """Return keys and values of states (batch, time, hidden)."""
        keys, values = self.self_attention.keys_values(self.self_norm(states))
        return turn(keys), values

    def turned(
        self, states: Tensor, past: tuple[Tensor, Tensor] | None, visible: Tensor, turn: Turn
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Transform states (batch, time, hidden) whose places `turn` stands for; see `AttentionBlock`."""
        queries, keys, values = self.self_attention.queries_keys_values(self.self_norm(states))
        queries, keys = turn(queries), turn(keys)
        if past is not None:
            keys, values = torch.cat([past[0], keys], 2), torch.cat([past[1], values], 2)
        states = states + self.dropout(self.self_attention(queries, keys, values, visible, 0))
        return states + self.dropout(self.feed_forward(self.forward_norm(states))), (keys, values)
