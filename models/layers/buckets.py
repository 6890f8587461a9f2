"""What scores are raised by, by distance, in buckets that get wider with it."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def edges(buckets: int, furthest: int) -> list[int]:
    """Return the distance at which each bucket after the first begins.

    One bucket each for the distances below buckets // 2; from there to `furthest` the others are equally wide in the
    logarithm. With whole numbers: floats place some edges a distance off.
    """
    exact = buckets // 2
    others = buckets - exact
    found = list(range(1, exact + 1))
    for bucket in range(1, others):
        distance = found[-1]
        while distance**others < exact ** (others - bucket) * furthest**bucket:
            distance += 1
        found.append(distance)
    return found


class BucketedBias(nn.Module):
    """A learned number a head and bucket, which depends on how far before its query a key is.

    After T5 (Raffel et al. 2020, arXiv 1910.10683), for queries that see no later keys. The last bucket has no end.
    """

    edges: Tensor

    def __init__(self, heads: int, buckets: int, furthest: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(heads, buckets))
        self.register_buffer("edges", torch.tensor(edges(buckets, furthest)), persistent=False)

    def forward(self, steps: int, keys: int) -> Tensor:
        """Return what is added to scores (heads, steps, keys), the queries being the last of the keys' tokens."""
        time = torch.arange(keys, device=self.bias.device)
        distance = (time[keys - steps :, None] - time).clamp(min=0)
        bucket = torch.bucketize(distance, self.edges, right=True)
        return self.bias.index_select(1, bucket.flatten()).view(-1, steps, keys)
