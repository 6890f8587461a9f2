"""GRU: gated recurrent units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from models.layers.recurrence import Lookup, embedded, pays, recur
from models.layers.recurrent import RecurrentFamily
from models.layers.steps import RecurrentLayer, state_after
from models.registry import register


class GRULayer(RecurrentLayer):
    """torch.nn.GRU with one layer."""

    looks_up = True

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gru = nn.GRU(width, hidden, batch_first=True)

    def forward(self, inputs: Tensor | Lookup, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Step through inputs (batch, time, width); see `RecurrentLayer`."""
        if pays("gru", inputs):
            from_input, recurrent, input_bias, recurrent_bias = self.gru.all_weights[0]
            gates, content = recurrent_bias.split([2 * self.gru.hidden_size, self.gru.hidden_size])
            driven = from_input, input_bias + nn.functional.pad(gates, (0, len(content)))
            return recur("gru", inputs, driven, recurrent, state, length, bias=content)
        inputs = embedded(inputs)
        outputs, last = self.gru(inputs, state.contiguous())
        return outputs, last if length is None else state_after(outputs, length)


@register("gru")
@dataclass(frozen=True, kw_only=True)
class GRU(RecurrentFamily):
    """torch.nn.GRU encoder and decoder; the encoder's state at each row's end starts the decoder."""

    paper = "Cho et al. 2014, arXiv 1406.1078"
    layer_class: ClassVar[type[RecurrentLayer]] = GRULayer
    dropout_on: str = "all"
    start: str = "orthogonal"
    tied: bool = False
    final: str = "stop"
