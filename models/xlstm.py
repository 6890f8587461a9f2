"""xLSTM: LSTMs with exponential gates, of a memory that is mixed or of one that is a matrix, in residual layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import cycle

from models.layers.mlstm import MLSTMMixer
from models.layers.recurrent import LayerStack
from models.layers.residual import ResidualFamily
from models.layers.slstm import SLSTMMixer
from models.layers.steps import Layer, RecurrentLayer
from models.registry import register

MIXERS: dict[str, Callable[[int, int], RecurrentLayer]] = {"m": MLSTMMixer, "s": SLSTMMixer}


@register("xlstm")
@dataclass(frozen=True, kw_only=True)
class XLSTM(ResidualFamily):
    """Layers of sLSTM and mLSTM that read the source and then write the target.

    heads: memories of (hidden / heads) squared numbers in an mLSTM, in an sLSTM parts of a state that do not see one
    another; pattern: the kinds of the layers from the first one on, "m" or "s" each, over again where layers are more:
    "ms" is the paper's xLSTM[1:1]
    """

    paper = "Beck et al. 2024, arXiv 2405.04517"
    inductive_bias = "exponential gates that revise a state; in an mLSTM it is a memory of keys and values"
    heads: int = 4
    pattern: str = "ms"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_sizes("heads")
        if self.hidden % self.heads:
            raise ValueError(f"hidden must be a multiple of heads; got {self.hidden} and {self.heads}")
        if not self.pattern or not set(self.pattern) <= set(MIXERS):
            raise ValueError(f"pattern must be one or more of {', '.join(MIXERS)}, as in ms; got {self.pattern!r}")

    def mixer(self, hidden: int) -> RecurrentLayer:
        """Return the first layer's recurrence."""
        return MIXERS[self.pattern[0]](hidden, self.heads)

    def stack(self, layer: Layer, learn_start: bool) -> LayerStack:
        """Return the layers, each of its own kind: the first of a family whose pattern it is."""
        kinds = (replace(self, pattern=kind) for kind in cycle(self.pattern))
        return super().stack(lambda width, hidden: next(kinds).layer(width, hidden), learn_start)
