"""LSTM with attention over the encoder's states."""

from __future__ import annotations

from models.base import Seq2Seq, Space, UnsuitableError
from models.layers.recurrent import build
from models.lstm import LSTMLayer
from models.registry import register


@register("lstm_attention")
def lstm_attention(
    source: Space | None,
    target: Space,
    *,
    hidden: int = 64,
    layers: int = 1,
    decoder: str = "fed",
    dropout: float = 0.0,
    start: str = "orthogonal",
) -> Seq2Seq:
    """LSTM encoder and decoder with additive attention (Bahdanau et al. 2015).

    The context is gathered for the current state and meets it before the readout (Luong et al. 2015, arXiv
    1508.04025), so a whole target is one call.
    """
    if source is None:
        raise UnsuitableError("lstm_attention attends to a source; a language model has none")
    return build(
        LSTMLayer,
        source,
        target,
        hidden=hidden,
        layers=layers,
        decoder=decoder,
        dropout=dropout,
        start=start,
        attention=True,
    )
