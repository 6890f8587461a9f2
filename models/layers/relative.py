"""What a query sees of the keys, and how scores are raised or lowered, by how far apart the two are."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.layers.couplings import MARKER


class WindowedHeads(nn.Module):
    """The first heads see the nearest tokens only: head i those less than i + 1 places away, itself counted.

    The others see everything, without positions ("hard-ALiBi": Jelassi et al. 2024, arXiv 2402.01032).
    """

    def __init__(self, layers: int, heads: int, windowed: int) -> None:
        super().__init__()
        if not 1 <= windowed <= heads:
            raise ValueError(f"windowed must be 1 to heads, which are {heads}; got {windowed}")
        self.layers = layers
        self.heads = heads
        self.windowed = windowed

    def forward(self, visible: Tensor, difference: Tensor, key_kinds: Tensor) -> list[Tensor]:
        """Return each layer's mask: visible (batch, 1, queries, keys), difference (.., queries, keys) -> with heads."""
        head = torch.arange(self.heads, device=visible.device)[:, None, None]
        near = difference[:, None].abs() <= head
        return [visible & (near | (head >= self.windowed))] * self.layers


class RelativeBias(nn.Module):
    """Adds a learned number to each score, by layer, head, kind of key and clipped difference of the two places.

    A difference as in Shaw et al. 2018 (arXiv 1803.02155), a number a head as in T5 (Raffel et al. 2020, 1910.10683).
    clip: differences beyond count as this far. window: keys further away are not seen at all, 0: all are; then nothing
    is further away but markers, which `markers_shown` lets every query see.
    """

    def __init__(self, layers: int, heads: int, kinds: int, clip: int, window: int, *, markers_shown: bool) -> None:
        super().__init__()
        if clip < 1 or window < 0:
            raise ValueError(f"clip must be 1 or more and window 0 or more; got {clip} and {window}")
        self.window = window
        self.clip = min(clip, window) if window else clip
        self.kinds = kinds
        self.markers_shown = markers_shown
        self.bias = nn.Parameter(torch.zeros(layers, heads, kinds * (2 * self.clip + 1)))

    def forward(self, visible: Tensor, difference: Tensor, key_kinds: Tensor) -> list[Tensor]:
        """Return what each layer adds to its scores, minus infinity where a key is not seen.

        visible (batch, 1, queries, keys), difference (batch or 1, queries, keys): key's place - query's, key_kinds
        (batch, keys) -> (batch, heads, queries, keys)
        """
        if self.window:
            near = difference.abs() <= self.window
            if self.markers_shown:
                near = near | (key_kinds == MARKER)[:, None]
            visible = visible & near[:, None]
        index = difference.clamp(-self.clip, self.clip) + self.clip
        if self.kinds > 1:
            index = index + (2 * self.clip + 1) * key_kinds[:, None]
        added = self.bias.flatten(0, 1).index_select(1, index.flatten()).view(*self.bias.shape[:2], *index.shape)
        return list(added.transpose(1, 2).masked_fill(~visible, -torch.inf).unbind(0))
