"""The layer that embeds what a model reads: tokens by a table, vectors by a linear map."""

from __future__ import annotations

from torch import nn

from models.base import Space


def embedding_of(space: Space, width: int, *, unit: bool = False) -> nn.Module:
    """Return the layer that embeds this space: ids or vectors (batch, time[, size]) -> (batch, time, width).

    unit: embeddings start with a norm of about 1, not of sqrt(width), so that a tanh recurrence starts out near linear
    and keeps what it read.
    """
    if not space.discrete:
        return nn.Linear(space.size, width)
    embedding = nn.Embedding(space.size, width)
    if unit:
        nn.init.normal_(embedding.weight, std=width**-0.5)
    return embedding
