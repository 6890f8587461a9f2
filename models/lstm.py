"""LSTM: long short-term memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.gru import GRULayer
from models.layers.recurrence import Lookup, embedded, pays, recur
from models.layers.recurrent import RecurrentFamily
from models.layers.steps import Layer, RecurrentLayer
from models.registry import register
from models.rnn import RNNLayer


class LSTMLayer(RecurrentLayer):
    """torch.nn.LSTM with one layer.

    Its state has two parts, output and cell. nn.LSTM does not give the cell at each row's own end, so rows of different
    lengths are stepped through with the same weights, and a row's state stays as it is past its end.
    """

    parts = 2
    looks_up = True

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(width, hidden, batch_first=True)

    def forward(self, inputs: Tensor | Lookup, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Step through inputs (batch, time, width); see `RecurrentLayer`."""
        if pays("lstm", inputs):
            from_input, recurrent, input_bias, recurrent_bias = self.lstm.all_weights[0]
            return recur("lstm", inputs, (from_input, input_bias + recurrent_bias), recurrent, state, length)
        inputs = embedded(inputs)
        if length is not None:
            return self.read(inputs, state, length)
        outputs, last = self.lstm(inputs, (state[:1].contiguous(), state[1:].contiguous()))
        return outputs, torch.cat(last)

    def read(self, inputs: Tensor, state: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """Step through rows of different lengths: the outputs and each row's state at its end."""
        from_input, from_output, input_bias, output_bias = self.lstm.all_weights[0]
        driven = nn.functional.linear(inputs, from_input, input_bias + output_bias)
        transposed = from_output.T
        output, cell = state[0], state[1]
        outputs, real = [], (torch.arange(inputs.shape[1], device=length.device)[:, None] < length)[..., None]
        for drive, inside in zip(driven.unbind(1), real, strict=True):
            write, keep, content, show = torch.addmm(drive, output, transposed).chunk(4, 1)
            next_cell = keep.sigmoid() * cell + write.sigmoid() * content.tanh()
            cell = torch.where(inside, next_cell, cell)
            output = torch.where(inside, show.sigmoid() * next_cell.tanh(), output)
            outputs.append(output)
        return torch.stack(outputs, 1), torch.stack([output, cell])


DECODER_CELLS: dict[str, Layer] = {"lstm": LSTMLayer, "gru": GRULayer, "rnn": RNNLayer}


@register("lstm")
@dataclass(frozen=True, kw_only=True)
class LSTM(RecurrentFamily):
    """torch.nn.LSTM encoder and decoder; the decoder may be of another kind (decoder_cell=gru or rnn)."""

    paper = "Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000"
    layer_class: ClassVar[type[RecurrentLayer]] = LSTMLayer
    dropout_on: str = "all"
    activity: float = 0.0
    change: float = 0.0
    start: str = "orthogonal"
    tied: bool = False
    decoder_cell: str = "lstm"

    def __post_init__(self) -> None:
        self.require_choices(decoder_cell=DECODER_CELLS)
        super().__post_init__()

    def decoder_layer(self, width: int, hidden: int) -> RecurrentLayer:
        """Return a layer of the decoder's kind."""
        return DECODER_CELLS[self.decoder_cell](width, hidden)
