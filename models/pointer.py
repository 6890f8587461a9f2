"""Pointer: a recurrent language model that can copy what followed a state like its own."""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from models.base import Decoder, Memory, Seq2Seq, Space, UnsuitableError
from models.gru import GRULayer
from models.layers.embedding import embedding_of
from models.layers.recurrent import Layer, LayerStack, start_orthogonal
from models.lstm import LSTMLayer
from models.registry import register

CELLS: dict[str, Layer] = {"gru": GRULayer, "lstm": LSTMLayer}
SMALLEST = 1e-9  # what every symbol keeps, so that its logarithm is finite


class PointerState(NamedTuple):
    """The layers' states; of the last steps, keys (batch, steps, size) and the symbols read there (batch, steps)."""

    layers: tuple[Tensor, ...]
    keys: Tensor
    symbols: Tensor


class PointerDecoder(Decoder):
    """p = (1 - g) softmax(readout) + g copy, where copy spreads attention over the last `span` symbols that were read.

    A trained neural cache (Grave et al. 2017, arXiv 1612.04426; the mixture: Merity et al. 2017, arXiv 1609.07843). The
    key of a symbol is made of the state before it was read, so a state that looks like that one copies what came next.
    Embedding and readout share their weights; dropout is on what is read and on what is read out.
    """

    def __init__(self, space: Space, stack: LayerStack, hidden: int, size: int, span: int) -> None:
        super().__init__()
        self.reader = embedding_of(space, hidden, unit=True)
        self.stack = stack
        self.readout = nn.Linear(hidden, space.size)
        self.readout.weight = cast("nn.Embedding", self.reader).weight
        self.query = nn.Linear(hidden, size)
        self.key = nn.Linear(hidden, size)
        self.gate = nn.Linear(hidden, 1)
        self.span = span

    def begin(self, memory: Memory) -> PointerState:
        """Return the state before the first input: nothing to copy."""
        rows = len(memory.length)
        keys = self.key.weight.new_zeros(rows, 0, self.key.out_features)
        return PointerState(self.stack.start(rows), keys, memory.length.new_zeros(rows, 0))

    def forward(self, inputs: Tensor, state: PointerState) -> tuple[Tensor, PointerState]:
        """Read inputs (batch, time) -> log probabilities (batch, time, size) and the state after them."""
        before = state.layers[-1][0][:, None]
        outputs, layers = self.stack(self.reader(inputs), state.layers)
        keys = torch.cat([state.keys, self.key(torch.cat([before, outputs[:, :-1]], 1))], 1)
        symbols = torch.cat([state.symbols, inputs], 1)
        dropped = self.stack.dropout(outputs)
        written = self.readout(dropped).softmax(-1)
        share = self.gate(dropped).sigmoid()
        mixed = (1 - share) * written + share * self.copied(outputs, keys, symbols, written)
        kept = max(0, keys.shape[1] - self.span)
        return (mixed + SMALLEST).log(), PointerState(layers, keys[:, kept:], symbols[:, kept:])

    def copied(self, outputs: Tensor, keys: Tensor, symbols: Tensor, like: Tensor) -> Tensor:
        """Return the attention that falls on each symbol: outputs (batch, time, hidden) -> (batch, time, size)."""
        time, steps = outputs.shape[1], keys.shape[1]
        scores = self.query(outputs) @ keys.transpose(1, 2) / keys.shape[-1] ** 0.5
        position = torch.arange(steps - time, steps, device=outputs.device)[:, None]
        age = position - torch.arange(steps, device=outputs.device)
        weights = scores.masked_fill((age < 0) | (age >= self.span), -torch.inf).softmax(-1)
        return torch.zeros_like(like).scatter_add(2, symbols[:, None].expand(-1, time, -1), weights)


@register("pointer")
def pointer(
    source: Space | None,
    target: Space,
    *,
    hidden: int = 64,
    layers: int = 1,
    cell: str = "lstm",
    dropout: float = 0.0,
    size: int = 48,
    span: int = 40,
) -> Seq2Seq:
    """A language model of LSTM or GRU layers (cell) with a pointer over its last `span` states, keys of `size`."""
    if source is not None or not target.discrete:
        raise UnsuitableError("a pointer copies symbols of its own text; it needs a language model's task")
    if cell not in CELLS:
        raise ValueError(f"unknown cell {cell!r}; choose from: {', '.join(CELLS)}")
    if min(hidden, layers, size, span) < 1:
        raise ValueError(f"sizes must be 1 or more; got hidden {hidden}, layers {layers}, size {size}, span {span}")
    stack = LayerStack(CELLS[cell], hidden, hidden, layers, dropout, "all", False)
    model = Seq2Seq(None, PointerDecoder(target, stack, hidden, size, span))
    start_orthogonal(model)
    return model
