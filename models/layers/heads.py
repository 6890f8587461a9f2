"""Multi-head attention with a choice of position schemes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.layers.positions import alibi_bias, rotate


class MultiHeadAttention(nn.Module):
    """Scaled dot-product attention with several heads (Vaswani et al. 2017, arXiv 1706.03762).

    `positions` "rotary" turns queries and keys by their position (Su et al. 2021, arXiv 2104.09864), "alibi" lowers
    the score linearly with distance (Press et al. 2022, arXiv 2108.12409); any other value leaves scores as they are.
    """

    def __init__(self, hidden: int, heads: int, positions: str) -> None:
        super().__init__()
        self.heads = heads
        self.positions = positions
        self.query = nn.Linear(hidden, hidden)
        self.key = nn.Linear(hidden, hidden)
        self.value = nn.Linear(hidden, hidden)
        self.output = nn.Linear(hidden, hidden)

    def split(self, states: Tensor) -> Tensor:
        """(batch, time, hidden) -> (batch, heads, time, hidden / heads)."""
        return states.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def keys_values(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """Return keys and values of states (batch, time, hidden), each (batch, heads, time, hidden / heads)."""
        return self.split(self.key(states)), self.split(self.value(states))

    def forward(self, states: Tensor, keys: Tensor, values: Tensor, visible: Tensor, first: int) -> Tensor:
        """Attend from states (batch, time, hidden), at positions first, first + 1, .., to keys at positions 0, 1, ..

        keys, values (batch, heads, key_time, hidden / heads); visible broadcasts to (batch, heads, time, key_time)
        """
        queries = self.split(self.query(states))
        query_position = torch.arange(first, first + states.shape[1], device=states.device)
        key_position = torch.arange(keys.shape[2], device=states.device)
        if self.positions == "rotary":
            queries, keys = rotate(queries, query_position), rotate(keys, key_position)
        mask = visible
        if self.positions == "alibi":
            mask = alibi_bias(self.heads, query_position, key_position).masked_fill(~visible, -torch.inf)
        gathered = F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)
        return self.output(gathered.transpose(1, 2).flatten(2))
