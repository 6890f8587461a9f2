"""Looped Transformer: the same layers applied over and over, as often as set or as the source's length asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.one_sequence import Layers, OneSequenceFamily, Read, View
from models.registry import register

PACES = ("fixed", "logarithm", "length")
SCHEMES = ("none", "alibi", "rotary")


class LoopedLayers(Layers):
    """Layers that are applied in loops, each of which has keys and values of its own.

    As many loops are taken as the widest source that fits a batch would need; a row whose own are over stays as it is,
    so that neither padding nor company changes it, and nothing is read back to the host.
    """

    def __init__(self, blocks: nn.ModuleList, loops: int, pace: str, *, injected: bool) -> None:
        super().__init__(blocks)
        self.loops = loops
        self.pace = pace
        self.injected = injected

    def most(self, source_time: int) -> int:
        """Return how many loops a source takes that fills so many places."""
        return self.loops * {"fixed": 1, "logarithm": source_time.bit_length(), "length": source_time}[self.pace]

    def asked(self, length: Tensor, loops: int) -> Tensor:
        """Return each row's loops by the length (batch,) of its source, none of which takes more than `loops`."""
        if self.pace == "logarithm":
            digit = torch.arange(loops // self.loops, device=length.device)
            length = ((length[:, None] >> digit) > 0).sum(1)
        return self.loops * length

    def forward(self, states: Tensor, past: Sequence[Read | None], view: View) -> tuple[Tensor, tuple[Read, ...]]:
        """Transform states (batch, time, hidden), which follow the `past` of each loop's layers; see `Layers`."""
        given, depth = states, len(self.blocks)
        loops = len(past) // depth
        read: list[Read] = []
        for loop in range(loops):
            made, grown = self.through(self.entering(states, given, loop), past[loop * depth :][:depth], view)
            states = self.left(states, made, loop, loops, view.length)
            read += grown
        return states, tuple(read)

    def remember(self, states: Tensor, view: View) -> tuple[Read, ...]:
        """Return the keys and values of a source's states (batch, time, hidden) in every loop."""
        given, loops = states, self.most(view.visible.shape[3])
        read: list[Read] = []
        for loop in range(loops - 1):
            made, grown = self.through(self.entering(states, given, loop), [None] * len(self.blocks), view)
            states = self.left(states, made, loop, loops, view.length)
            read += grown
        return *read, *super().remember(self.entering(states, given, loops - 1), view)

    def entering(self, states: Tensor, given: Tensor, loop: int) -> Tensor:
        """Return what enters a loop: after the first, the states with the embeddings added once more."""
        return states + given if self.injected and loop else states

    def left(self, states: Tensor, made: Tensor, loop: int, loops: int, length: Tensor) -> Tensor:
        """Return the states after a loop: what it made of a row, or what the row's last loop did."""
        if self.pace == "fixed":
            return made
        return torch.where((loop < self.asked(length, loops))[:, None, None], made, states)


@register("looped_transformer")
@dataclass(frozen=True, kw_only=True)
class LoopedTransformer(OneSequenceFamily):
    """Decoder-only Transformer whose layers share their weights over depth: they are applied in loops.

    loops: how many; pace: fixed, or so many for each binary digit of the source's length (logarithm), or for each of
        its tokens (length: time grows with the cube of the length, what is kept with its square)
    injected: whether each loop is given the embeddings anew; positions: none, alibi or rotary
    """

    paper = "Dehghani et al. 2019, arXiv 1807.03819; Fan et al. 2024, arXiv 2409.15647"
    inductive_bias = "one step of attention, taken over and over"
    inductive_biases: ClassVar[dict[str, str]] = {
        "pace=logarithm": "as many steps as the length has digits",
        "pace=length": "as many steps as tokens",
    }
    layers: int = 1
    positions: str = "none"
    loops: int = 4
    pace: str = "fixed"
    injected: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_sizes("loops")
        self.require_choices(positions=SCHEMES, pace=PACES)

    def stack(self) -> Layers:
        """Return the layers, to be looped."""
        return LoopedLayers(self.blocks(), self.loops, self.pace, injected=self.injected)
