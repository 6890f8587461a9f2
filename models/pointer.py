"""Pointer: a recurrent language model that can copy what followed a state like its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from models.base import Decoder, Memory, Seq2Seq, Space, UnsuitableError, embedding_of
from models.gru import GRULayer
from models.layers.linear import Linear
from models.layers.recurrent import LayerStack
from models.layers.steps import Layer, start_orthogonal
from models.lstm import LSTMLayer
from models.registry import Family, register

CELLS: dict[str, Layer] = {"gru": GRULayer, "lstm": LSTMLayer}
SMALLEST = 1e-9  # what every token keeps, so that its logarithm is finite


class PointerState(NamedTuple):
    """The layers' states; of the last steps, keys (batch, steps, size) and the tokens read there (batch, steps)."""

    layers: tuple[Tensor, ...]
    keys: Tensor
    tokens: Tensor


class PointerDecoder(Decoder):
    """p = (1 - g) softmax(head) + g copy, where copy spreads attention over the last `span` tokens that were read.

    A trained neural cache. The key of a token is made of the state before it was read, so a state that looks like that
    one copies what came next. Embedding and output head share their weights; dropout is on what either passes on.
    """

    def __init__(self, space: Space, stack: LayerStack, hidden: int, size: int, span: int) -> None:
        super().__init__()
        self.reader = embedding_of(space, hidden, unit=True)
        self.stack = stack
        self.readout = Linear(hidden, space.size)
        self.readout.weight = cast("nn.Embedding", self.reader).weight
        self.query = Linear(hidden, size)
        self.key = Linear(hidden, size)
        self.gate = Linear(hidden, 1)
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
        tokens = torch.cat([state.tokens, inputs], 1)
        dropped = self.stack.dropout(outputs)
        written = self.readout(dropped).softmax(-1)
        share = self.gate(dropped).sigmoid()
        mixed = (1 - share) * written + share * self.copied(outputs, keys, tokens, written)
        kept = max(0, keys.shape[1] - self.span)
        return (mixed + SMALLEST).log(), PointerState(layers, keys[:, kept:], tokens[:, kept:])

    def copied(self, outputs: Tensor, keys: Tensor, tokens: Tensor, like: Tensor) -> Tensor:
        """Return the attention that falls on each token: outputs (batch, time, hidden) -> (batch, time, size)."""
        time, steps = outputs.shape[1], keys.shape[1]
        scores = self.query(outputs) @ keys.transpose(1, 2) / keys.shape[-1] ** 0.5
        position = torch.arange(steps - time, steps, device=outputs.device)[:, None]
        age = position - torch.arange(steps, device=outputs.device)
        weights = scores.masked_fill((age < 0) | (age >= self.span), -torch.inf).softmax(-1)
        return torch.zeros_like(like).scatter_add(2, tokens[:, None].expand(-1, time, -1), weights)


@register("pointer")
@dataclass(frozen=True, kw_only=True)
class Pointer(Family):
    """A language model of LSTM or GRU layers (cell) with a pointer over its last `span` states, keys of `size`."""

    paper = "Grave et al. 2017, arXiv 1612.04426; the mixture: Merity et al. 2017, arXiv 1609.07843"
    inductive_bias = "it can copy what followed before"

    hidden: int = 64
    layers: int = 1
    cell: str = "lstm"
    dropout: float = 0.0
    size: int = 48
    span: int = 40

    def __post_init__(self) -> None:
        self.require_choices(cell=CELLS)
        self.require_sizes("hidden", "layers", "size", "span")

    def build(self, source: Space | None, target: Space) -> Seq2Seq:
        """Compose the decoder of a language model."""
        if source is not None or not target.discrete:
            raise UnsuitableError("a pointer copies tokens of its own text; it needs a language model's task")
        stack = LayerStack(CELLS[self.cell], self.hidden, self.hidden, self.layers, self.dropout, "all", False)
        model = Seq2Seq(None, PointerDecoder(target, stack, self.hidden, self.size, self.span))
        start_orthogonal(model)
        return model
