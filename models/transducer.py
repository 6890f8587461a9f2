"""Transducer: a recurrent network that reads the next token of the source at every step that it writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.base import Decoder, Memory, Seq2Seq, Space
from models.elman import ElmanLayer
from models.gru import GRULayer
from models.layers.marked import MarkedEncoder
from models.layers.recurrent import LayerStack
from models.layers.steps import Layer, start_orthogonal
from models.linear_rnn import LinearLayer
from models.lstm import LSTMLayer
from models.registry import Family, register

CELLS: dict[str, Layer] = {"elman": ElmanLayer, "gru": GRULayer, "linear": LinearLayer, "lstm": LSTMLayer}


class TransducerState(NamedTuple):
    """The layers' states, the source between its marks, and each row's place in it (batch,)."""

    layers: tuple[Tensor, ...]
    memory: Memory
    place: Tensor


class TransducerDecoder(Decoder):
    """Step t reads the token that was written before and the t-th of the source, behind whose end the mark stands.

    A finite-state transducer with a learnt, real-valued state (as in Graves 2012, without its freedom to read and write
    at different speeds).
    """

    pairwise = False

    def __init__(self, space: Space, stack: LayerStack, width: int, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(space.size, width)
        self.stack = stack
        self.readout = nn.Sequential(
            nn.Linear(hidden + width, 2 * hidden), nn.ReLU(), nn.Linear(2 * hidden, space.size)
        )

    def begin(self, memory: Memory) -> TransducerState:
        """Return the state before the first step, which reads the source's first token."""
        return TransducerState(
            self.stack.start(len(memory.length)), memory._replace(final=()), torch.ones_like(memory.length)
        )

    def forward(self, inputs: Tensor, state: TransducerState) -> tuple[Tensor, TransducerState]:
        """Read inputs (batch, time) -> outputs (batch, time, size) and the state after them."""
        states, length = state.memory.states, state.memory.length
        assert states is not None
        places = state.place[:, None] + torch.arange(inputs.shape[1], device=inputs.device)
        places = places.minimum(length[:, None] - 1)
        read = states.gather(1, places[..., None].expand(-1, -1, states.shape[-1]))
        outputs, layers = self.stack(torch.cat([self.embedding(inputs), read], -1), state.layers)
        written: Tensor = self.readout(torch.cat([outputs, read], -1))
        return written, TransducerState(layers, state.memory, state.place + inputs.shape[1])


@register("transducer")
@dataclass(frozen=True, kw_only=True)
class Transducer(Family):
    """Recurrent transducer with cells elman, gru, linear or lstm: the alignment of source and target is given."""

    paper = "Mealy 1955; as networks: Graves 2012, arXiv 1211.3711"
    inductive_bias = "input and output advance together"

    hidden: int = 64
    embedding: int = 0
    layers: int = 1
    cell: str = "gru"

    def __post_init__(self) -> None:
        self.require_choices(cell=CELLS)
        if min(self.hidden, self.layers) < 1 or self.embedding < 0:
            raise ValueError(
                f"hidden and layers must be 1 or more, embedding 0 or more; got {self.hidden}, {self.layers} and "
                f"{self.embedding}"
            )

    def build(self, source: Space | None, target: Space) -> Seq2Seq:
        """Compose the source's embedding and the layers that read it step by step."""
        source = self.require_strings(source, target)
        width = self.embedding or self.hidden
        stack = LayerStack(CELLS[self.cell], 2 * width, self.hidden, self.layers, 0.0, "all", False)
        model = Seq2Seq(MarkedEncoder(source, width), TransducerDecoder(target, stack, width, self.hidden))
        start_orthogonal(model)
        return model
