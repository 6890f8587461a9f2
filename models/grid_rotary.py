"""Two-dimensional rotary positions: the target is written into a row below the source, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from models.layers.grid import GridBlock, Turn, turn_of
from models.one_sequence import Layers, OneSequenceFamily, Read, View
from models.registry import register


class GridLayers(Layers):
    """Layers that are told of each token its row, 0 in the source and 1 in the target, and its column."""

    def __init__(self, blocks: nn.ModuleList, width: int) -> None:
        super().__init__(blocks)
        self.width = width

    def turn(self, view: View) -> Turn:
        """Return the turn of the tokens that are read now."""
        return turn_of(torch.full_like(view.place, view.target), view.place, self.width)

    def through(self, states: Tensor, past: Sequence[Read | None], view: View) -> tuple[Tensor, tuple[Read, ...]]:
        """Take states through the first layers; see `Layers`."""
        turn, read = self.turn(view), []
        for block, before in zip(self.blocks, past, strict=False):
            states, keys_values = cast("GridBlock", block).turned(states, before, view.visible, turn)
            read.append(keys_values)
        return states, tuple(read)

    def last_read(self, states: Tensor, view: View) -> Read:
        """Return the last layer's keys and values of states (batch, time, hidden)."""
        return cast("GridBlock", self.blocks[-1]).keys_values(states, self.turn(view))


@register("grid_rotary")
@dataclass(frozen=True, kw_only=True)
class GridRotary(OneSequenceFamily):
    """Decoder-only Transformer with rotary positions in two dimensions: source and target are two rows of a grid.

    It is told which tokens are the source's and which the target's, and that the n-th input of the decoder stands below
    the n-th token of the source: a copy is then what stands as many columns away everywhere, here right above.
    """

    paper = "two-dimensional rotary: arXiv 2607.16072; rotary: Su et al. 2021, arXiv 2104.09864"
    inductive_bias = "attention by content and place, the target below the source"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.hidden % (4 * self.heads):
            raise ValueError(f"hidden must be a multiple of four times the heads; got {self.hidden} and {self.heads}")

    def stack(self) -> Layers:
        """Return the layers."""
        blocks = nn.ModuleList(GridBlock(self.hidden, self.heads, self.dropout) for _ in range(self.layers))
        return GridLayers(blocks, self.hidden // self.heads)
