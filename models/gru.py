"""GRU: gated recurrent units."""

from __future__ import annotations

from torch import Tensor, nn

from models.base import Seq2Seq, Space
from models.layers.recurrent import build, state_after
from models.registry import register


class GRULayer(nn.Module):
    """torch.nn.GRU with one layer (Cho et al. 2014, arXiv 1406.1078)."""

    parts = 1

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gru = nn.GRU(width, hidden, batch_first=True)

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Step through inputs (batch, time, width); see models/layers/recurrent.py."""
        outputs, last = self.gru(inputs, state.contiguous())
        return outputs, last if length is None else state_after(outputs, length)


@register("gru")
def gru(
    source: Space | None,
    target: Space,
    *,
    hidden: int = 64,
    embedding: int = 0,
    layers: int = 1,
    decoder: str = "fed",
    dropout: float = 0.0,
    dropout_on: str = "all",
    start: str = "orthogonal",
    tied: bool = False,
    final: str = "stop",
) -> Seq2Seq:
    """GRU encoder and decoder; the encoder's state at each row's stop starts the decoder (final: see `build`)."""
    return build(
        GRULayer,
        source,
        target,
        hidden=hidden,
        embedding=embedding,
        layers=layers,
        decoder=decoder,
        dropout=dropout,
        dropout_on=dropout_on,
        start=start,
        tied=tied,
        final=final,
    )
