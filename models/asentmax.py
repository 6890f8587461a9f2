"""ASEntmax: sparse attention, sharper the more keys there are, half of whose heads know distances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from models.layers.adaptive import NORMALISERS, SCHEMES, AdaptiveBlock
from models.one_sequence import Layers, OneSequenceFamily
from models.registry import register


@register("asentmax")
@dataclass(frozen=True, kw_only=True)
class ASEntmax(OneSequenceFamily):
    """Decoder-only Transformer of 1.5-entmax attention with a learnt temperature that follows the length.

    normaliser: entmax gives most keys no weight at all, softmax is the usual one; scaled: whether scores are scaled by
        what inputs make of log n
    positions: nape (half the heads ALiBi, half without positions), alibi or none
    """

    paper = "Vasylenko et al. 2025, arXiv 2506.16640; entmax: Peters et al. 2019, arXiv 1905.05702"
    inductive_biases: ClassVar[dict[str, str]] = {"positions=none": "attention by content"}
    inductive_bias = "sparse attention by content, and by distance"
    positions: str = "nape"
    normaliser: str = "entmax"
    scaled: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_choices(positions=SCHEMES, normaliser=NORMALISERS)
        if self.positions == "nape" and self.heads < 2:
            raise ValueError(f"positions 'nape' need 2 heads or more; got {self.heads}")

    def stack(self) -> Layers:
        """Return blocks of adaptive attention."""
        settings = self.hidden, self.heads, self.positions, self.dropout, self.normaliser
        return Layers(nn.ModuleList(AdaptiveBlock(*settings, scaled=self.scaled) for _ in range(self.layers)))
