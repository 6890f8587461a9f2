"""T5's relative bias: what a score is raised by depends on the distance, in buckets that get wider with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.layers.buckets import BucketedBias
from models.one_sequence import Layers, OneSequenceFamily, View
from models.registry import register


class BiasedLayers(Layers):
    """Layers that share one bias."""

    def __init__(self, blocks: nn.ModuleList, bias: BucketedBias) -> None:
        super().__init__(blocks)
        self.bias = bias

    def masks(self, view: View) -> Sequence[Tensor]:
        """Return the bias, minus infinity where a key is not seen, for each layer."""
        added = self.bias(*view.visible.shape[2:])
        return [added.masked_fill(~view.visible, -torch.inf)] * len(self.blocks)


@register("bucketed_bias")
@dataclass(frozen=True, kw_only=True)
class Bucketed(OneSequenceFamily):
    """Decoder-only Transformer with T5's relative bias: a number a head and bucket of distances, shared by all layers.

    buckets: the first half have a distance each, the others grow with the logarithm up to distance `furthest`; what is
        further away is all in the last
    """

    paper = "Raffel et al. 2020, arXiv 1910.10683"
    inductive_bias = "attention by content, and by how far away roughly"
    buckets: int = 32
    furthest: int = 128

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.buckets < 2 or self.furthest < self.buckets:
            raise ValueError(
                f"buckets must be 2 or more, and furthest no less than they are; got {self.buckets} and {self.furthest}"
            )

    def stack(self) -> Layers:
        """Return the layers and their bias."""
        return BiasedLayers(self.blocks(), BucketedBias(self.heads, self.buckets, self.furthest))
