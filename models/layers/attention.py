"""Additive attention over an encoder's states."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.base import Memory


class AdditiveAttention(nn.Module):
    """score = v . tanh(W query + U key) (Bahdanau et al. 2015, arXiv 1409.0473); padding gets no weight."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.query = nn.Linear(hidden, hidden)
        self.key = nn.Linear(hidden, hidden, bias=False)
        self.score = nn.Linear(hidden, 1, bias=False)

    def forward(self, queries: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Gather for queries (batch, time, hidden) -> context likewise, weights (batch, time, source_time)."""
        assert memory.states is not None
        both = self.query(queries)[:, :, None] + self.key(memory.states)[:, None]
        scores = self.score(torch.tanh(both)).squeeze(-1)  # (batch, time, source_time)
        weights = scores.masked_fill(~memory.mask[:, None], -torch.inf).softmax(-1)
        return weights @ memory.states, weights
