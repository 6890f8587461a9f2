"""LSTM with attention over the encoder's states."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from models.base import Seq2Seq, Space, UnsuitableError
from models.layers.recurrent import RecurrentFamily
from models.layers.steps import RecurrentLayer
from models.lstm import LSTMLayer
from models.registry import register


@register("lstm_attention")
@dataclass(frozen=True, kw_only=True)
class LSTMAttention(RecurrentFamily):
    """LSTM encoder and decoder with additive attention over the encoder's states.

    The context is gathered for the current state and meets it before the output head (Luong et al. 2015, arXiv
    1508.04025), so a whole target is one call.
    """

    paper = "Bahdanau et al. 2015, arXiv 1409.0473"
    inductive_bias = "attention by content"
    layer_class: ClassVar[type[RecurrentLayer]] = LSTMLayer
    attention: ClassVar[bool] = True
    embedding: int = field(default=0, init=False)
    start: str = "orthogonal"

    def build(self, source: Space | None, target: Space) -> Seq2Seq:
        """Compose encoder and decoder."""
        if source is None:
            raise UnsuitableError("lstm_attention attends to a source; a language model has none")
        return super().build(source, target)
