"""Attention: additive and multi-head, a Transformer's block, and the settings that its families share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.base import Memory
from models.layers import kernels
from models.layers.attention_compiled import AdditiveScores, ScaledDotProduct
from models.layers.dropout import Dropout
from models.layers.linear import Linear, linear
from models.layers.positions import alibi_bias, rotate
from models.registry import Family

FEW = 256  # keys up to which dot_product.c is faster than torch


class AdditiveAttention(nn.Module):
    """score = v . tanh(W query + U key) (Bahdanau et al. 2015, arXiv 1409.0473); padding gets no weight."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.query = Linear(hidden, hidden)
        self.key = Linear(hidden, hidden, bias=False)
        self.score = nn.Linear(hidden, 1, bias=False)

    def forward(self, queries: Tensor, memory: Memory, wanted: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Gather for queries (batch, time, hidden) -> context likewise, weights (batch, time, source_time).

        wanted (batch,): how many of a row's queries count; what is gathered for others means nothing
        """
        assert memory.states is not None
        query, key = self.query(queries), self.key(memory.states)
        if kernels.suit(query, memory.states):
            given = query, key, memory.states, self.score.weight[0], memory.length, wanted
            return cast("tuple[Tensor, Tensor]", AdditiveScores.apply(*given))
        both = query[:, :, None] + key[:, None]
        scores = self.score(torch.tanh(both)).squeeze(-1)  # (batch, time, source_time)
        weights = scores.masked_fill(~memory.mask[:, None], -torch.inf).softmax(-1)
        return weights @ memory.states, weights


class MultiHeadAttention(nn.Module):
    """Scaled dot-product attention with several heads (Vaswani et al. 2017, arXiv 1706.03762).

    `positions` "rotary" turns queries and keys by their position (Su et al. 2021, arXiv 2104.09864), "alibi" lowers
    the score linearly with distance (Press et al. 2022, arXiv 2108.12409); any other value leaves scores as they are.
    """

    def __init__(self, hidden: int, heads: int, positions: str) -> None:
        super().__init__()
        self.heads = heads
        self.positions = positions
        self.input = Linear(hidden, 3 * hidden)  # of queries, keys and values, in this order
        self.output = Linear(hidden, hidden)

    def projected(self, states: Tensor, first: int, last: int) -> tuple[Tensor, ...]:
        """Return parts first to last of queries, keys and values.

        states (batch, time, hidden) -> (batch, heads, time, hidden / heads) each
        """
        hidden = states.shape[-1]
        rows = slice(first * hidden, (last + 1) * hidden)
        parts = linear(states, self.input.weight[rows], self.input.bias[rows]).split(hidden, -1)
        return tuple(part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)

    def queries_keys_values(self, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return all three of states (batch, time, hidden), each (batch, heads, time, hidden / heads)."""
        queries, keys, values = self.projected(states, 0, 2)
        return queries, keys, values

    def keys_values(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """Return keys and values of states (batch, time, hidden), each (batch, heads, time, hidden / heads)."""
        keys, values = self.projected(states, 1, 2)
        return keys, values

    def queries(self, states: Tensor) -> Tensor:
        """Return queries of states (batch, time, hidden): (batch, heads, time, hidden / heads)."""
        return self.projected(states, 0, 0)[0]

    def forward(self, queries: Tensor, keys: Tensor, values: Tensor, visible: Tensor, first: int) -> Tensor:
        """Attend from queries at positions first, first + 1, .. to keys at positions 0, 1, .. -> (batch, time, hidden).

        queries (batch, heads, time, hidden / heads); keys, values (batch, heads, key_time, hidden / heads); visible
        broadcasts to (batch, heads, time, key_time)
        """
        query_position = torch.arange(first, first + queries.shape[2], device=queries.device)
        key_position = torch.arange(keys.shape[2], device=queries.device)
        if self.positions == "rotary":
            queries, keys = rotate(queries, query_position), rotate(keys, key_position)
        mask = visible
        if self.positions == "alibi":
            mask = alibi_bias(self.heads, query_position, key_position).masked_fill(~visible, -torch.inf)
        return self.output(attend(queries, keys, values, mask).transpose(1, 2).flatten(2))


def attend(queries: Tensor, keys: Tensor, values: Tensor, seen: Tensor) -> Tensor:
    """Scaled dot-product attention (batch, heads, time, width).

    seen, which broadcasts to (batch, heads, time, key_time): which keys are seen, or what is added to the scores; the
        kernel in C gives it no gradient, so what is learnt there is added with `kernels.switched_off`
    On a CPU torch's softmax takes several times as long with keys that are no multiple of LINE, so they are padded.
    """
    few = queries.shape[2] > 1 and keys.shape[2] <= FEW
    if few and queries.shape[3] % kernels.LINE == 0 and kernels.suit(queries, keys, values):
        return cast("Tensor", ScaledDotProduct.apply(queries, keys, values, seen))
    missing = -keys.shape[2] % kernels.LINE
    if missing and queries.device.type == "cpu":
        unseen = 0.0 if seen.dtype == torch.bool else -torch.inf
        seen = F.pad(seen.expand(*seen.shape[:-1], keys.shape[2]), (0, missing), value=unseen)
        keys, values = (F.pad(each, (0, 0, 0, missing)) for each in (keys, values))
    return F.scaled_dot_product_attention(queries, keys, values, attn_mask=seen)


class AttentionBlock(nn.Module):
    """Self-attention, attention to the memory where there is one, and a feed-forward layer, each after a norm."""

    def __init__(self, hidden: int, heads: int, positions: str, dropout: float, crossed: bool) -> None:
        super().__init__()
        self.self_norm = nn.LayerNorm(hidden)
        self.self_attention = MultiHeadAttention(hidden, heads, positions)
        self.cross_norm = nn.LayerNorm(hidden) if crossed else None
        self.cross_attention = MultiHeadAttention(hidden, heads, positions) if crossed else None
        self.forward_norm = nn.LayerNorm(hidden)
        self.feed_forward = nn.Sequential(
            Linear(hidden, 4 * hidden), nn.GELU(), Dropout(dropout), Linear(4 * hidden, hidden)
        )
        self.dropout = Dropout(dropout)

    def forward(
        self,
        states: Tensor,
        past: tuple[Tensor, Tensor] | None,
        visible: Tensor,
        memory: tuple[Tensor, Tensor] | None = None,
        memory_visible: Tensor | None = None,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Transform states (batch, time, hidden), which follow the `past` keys and values; give these back, grown."""
        normed = self.self_norm(states)
        queries, keys, values = self.self_attention.queries_keys_values(normed)
        first = 0
        if past is not None:
            first = past[0].shape[2]
        if past is not None and first:
            keys, values = torch.cat([past[0], keys], 2), torch.cat([past[1], values], 2)
        states = states + self.dropout(self.self_attention(queries, keys, values, visible, first))
        if self.cross_attention is not None and self.cross_norm is not None and memory is not None:
            queries = self.cross_attention.queries(self.cross_norm(states))
            crossed = self.cross_attention(queries, *memory, memory_visible, first)
            states = states + self.dropout(crossed)
        return states + self.dropout(self.feed_forward(self.forward_norm(states))), (keys, values)


@dataclass(frozen=True, kw_only=True)
class AttentionFamily(Family):
    """Layers of multi-head attention over tokens whose positions follow the scheme `positions`."""

    inductive_bias = "attention by content and place"

    hidden: int = 64
    layers: int = 2
    heads: int = 4
    dropout: float = 0.0
    positions: str = "sinusoidal"
    longest: int = 512

    def __post_init__(self) -> None:
        self.require_sizes("hidden", "layers", "heads", "longest")
        if self.hidden % (2 * self.heads):  # rotations turn a head's features in pairs
            raise ValueError(f"hidden must be a multiple of twice the heads; got {self.hidden} and {self.heads}")

    def blocks(self, crossed: bool = False) -> nn.ModuleList:
        """Return the layers; crossed: each attends to an encoder's memory too."""
        return nn.ModuleList(
            AttentionBlock(self.hidden, self.heads, self.positions, self.dropout, crossed) for _ in range(self.layers)
        )
