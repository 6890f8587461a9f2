"""Transformer: encoder and decoder of attention layers, position scheme by setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, cast

import torch
from torch import Tensor, nn

from models.base import Decoder, Encoder, Memory, Seq2Seq, Space, UnsuitableError, embedding_of
from models.layers.attention import AttentionBlock, AttentionFamily, MultiHeadAttention
from models.layers.linear import Linear
from models.layers.positions import sinusoids
from models.registry import register

POSITIONS = ("sinusoidal", "learned", "none", "rotary", "alibi")
CARRIED = ("none", "rotary", "alibi")  # schemes whose positions mean the same wherever a text is cut


class TransformerState(NamedTuple):
    """What the decoder has read so far.

    read: keys and values (batch, heads, time so far, hidden / heads) a layer
    memory: the same of the encoder's states a layer, empty for a language model; visible (batch, 1, 1, source_time)
    """

    read: tuple[tuple[Tensor, Tensor], ...]
    memory: tuple[tuple[Tensor, Tensor], ...]
    visible: Tensor | None


class Positioned(nn.Module):
    """Reads a space and adds absolute positions where the scheme has them."""

    def __init__(self, space: Space, settings: AttentionFamily) -> None:
        super().__init__()
        self.reader = embedding_of(space, settings.hidden)
        self.positions = settings.positions
        self.table = nn.Embedding(settings.longest, settings.hidden) if settings.positions == "learned" else None

    def forward(self, inputs: Tensor, first: int) -> Tensor:
        """Read inputs (batch, time[, values]) at positions first, first + 1, .. -> (batch, time, hidden)."""
        read: Tensor = self.reader(inputs)
        position = torch.arange(first, first + inputs.shape[1], device=inputs.device)
        if self.positions == "sinusoidal":
            return read + sinusoids(position, read.shape[-1])
        if self.table is not None:
            if first + inputs.shape[1] > self.table.num_embeddings:
                raise ValueError(
                    f"position {first + inputs.shape[1]} is past the learned table; set model.longest above "
                    f"{self.table.num_embeddings}"
                )
            return read + self.table(position)
        return read


class TransformerEncoder(Encoder):
    """Every source position attends to every real one."""

    def __init__(self, positioned: Positioned, blocks: nn.ModuleList, hidden: int) -> None:
        super().__init__()
        self.positioned = positioned
        self.blocks = blocks
        self.norm = nn.LayerNorm(hidden)

    def forward(self, source: Tensor, source_length: Tensor) -> Memory:
        """Read source (batch, source_time[, values]), source_length (batch,) -> Memory."""
        states = self.positioned(source, 0)
        visible = Memory(source_length, states).mask[:, None, None]
        for block in self.blocks:
            states, _ = block(states, None, visible)
        return Memory(source_length, self.norm(states))


class TransformerDecoder(Decoder):
    """Every target position attends to those before it (the last `window` of them, where set) and to the memory."""

    def __init__(self, space: Space, settings: Transformer, crossed: bool) -> None:
        super().__init__()
        self.heads = settings.heads
        self.positioned = Positioned(space, settings)
        self.blocks = settings.blocks(crossed)
        self.norm = nn.LayerNorm(settings.hidden)
        self.readout = Linear(settings.hidden, space.size)
        self.window = None if crossed else settings.window

    def begin(self, memory: Memory) -> TransformerState:
        """Return the state before the first input: nothing read yet, the memory's keys and values ready."""
        hidden = self.readout.in_features
        empty = self.readout.weight.new_zeros(len(memory.length), self.heads, 0, hidden // self.heads)
        read = tuple((empty, empty) for _ in self.blocks)
        if memory.states is None:
            return TransformerState(read, (), None)
        crossed = (cast("AttentionBlock", block).cross_attention for block in self.blocks)
        keys_values = tuple(cast("MultiHeadAttention", each).keys_values(memory.states) for each in crossed)
        return TransformerState(read, keys_values, memory.mask[:, None, None])

    def forward(self, inputs: Tensor, state: TransformerState) -> tuple[Tensor, TransformerState]:
        """Read inputs (batch, time[, values]) -> outputs (batch, time, size) and the state after them."""
        past = state.read[0][0].shape[2]
        states = self.positioned(inputs, past)
        distance = torch.arange(past, past + inputs.shape[1], device=inputs.device)[:, None] - torch.arange(
            past + inputs.shape[1], device=inputs.device
        )
        visible = distance >= 0 if self.window is None else (distance >= 0) & (distance <= self.window)
        read = []
        for depth, block in enumerate(self.blocks):
            memory = state.memory[depth] if state.memory else None
            states, (keys, values) = block(states, state.read[depth], visible, memory, state.visible)
            kept = 0 if self.window is None else max(0, keys.shape[2] - self.window)
            read.append((keys[:, :, kept:], values[:, :, kept:]))
        return self.readout(self.norm(states)), state._replace(read=tuple(read))


@register("transformer")
@dataclass(frozen=True, kw_only=True)
class Transformer(AttentionFamily):
    """Encoder-decoder Transformer with the norm before each part; position scheme by setting.

    positions: sinusoidal, learned (a table of `longest`), rotary, alibi or none. The encoder looks both ways, so "none"
    sees a bag of tokens. As a language model it is the decoder alone, which carries its last `window` keys and values
    (Dai et al. 2019, arXiv 1901.02860) and needs relative positions or none.
    """

    paper = "Vaswani et al. 2017, arXiv 1706.03762; norm first: Xiong et al. 2020, arXiv 2002.04745"
    inductive_biases: ClassVar[dict[str, str]] = {"positions=none": "attention by content"}
    window: int = 64

    def __post_init__(self) -> None:
        self.require_choices(positions=POSITIONS)
        self.require_sizes("window")
        super().__post_init__()

    def build(self, source: Space | None, target: Space) -> Seq2Seq:
        """Compose encoder and decoder; without a source space, a decoder alone."""
        if source is not None:
            encoder = TransformerEncoder(Positioned(source, self), self.blocks(), self.hidden)
            return Seq2Seq(encoder, TransformerDecoder(target, self, crossed=True))
        if self.positions not in CARRIED:
            raise UnsuitableError(
                f"positions {self.positions!r} cannot be carried along a text; choose from: {', '.join(CARRIED)}"
            )
        return Seq2Seq(None, TransformerDecoder(target, self, crossed=False))
