"""Transformer: encoder and decoder of attention layers, position scheme by setting."""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from models.base import Decoder, Encoder, Memory, Seq2Seq, Space, UnsuitableError
from models.layers.embedding import embedding_of
from models.layers.heads import MultiHeadAttention
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

    def __init__(self, space: Space, hidden: int, positions: str, longest: int) -> None:
        super().__init__()
        self.reader = embedding_of(space, hidden)
        self.positions = positions
        self.table = nn.Embedding(longest, hidden) if positions == "learned" else None

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


class Block(nn.Module):
    """Self-attention, attention to the memory where there is one, and a feed-forward layer, each after a norm."""

    def __init__(self, hidden: int, heads: int, positions: str, dropout: float, crossed: bool) -> None:
        super().__init__()
        self.self_norm = nn.LayerNorm(hidden)
        self.self_attention = MultiHeadAttention(hidden, heads, positions)
        self.cross_norm = nn.LayerNorm(hidden) if crossed else None
        self.cross_attention = MultiHeadAttention(hidden, heads, positions) if crossed else None
        self.forward_norm = nn.LayerNorm(hidden)
        self.feed_forward = nn.Sequential(
            nn.Linear(hidden, 4 * hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(4 * hidden, hidden)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(
        self,
        states: Tensor,
        past: tuple[Tensor, Tensor] | None,
        visible: Tensor,
        memory: tuple[Tensor, Tensor] | None = None,
        memory_visible: Tensor | None = None,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Transform states (batch, time, hidden), which follow the `past` keys and values; give these back, grown."""
        normed = self.self_norm(states)
        keys, values = self.self_attention.keys_values(normed)
        first = 0
        if past is not None:
            first = past[0].shape[2]
            keys, values = torch.cat([past[0], keys], 2), torch.cat([past[1], values], 2)
        states = states + self.dropout(self.self_attention(normed, keys, values, visible, first))
        if self.cross_attention is not None and self.cross_norm is not None and memory is not None:
            crossed = self.cross_attention(self.cross_norm(states), *memory, memory_visible, first)
            states = states + self.dropout(crossed)
        return states + self.dropout(self.feed_forward(self.forward_norm(states))), (keys, values)


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

    def __init__(
        self, positioned: Positioned, blocks: nn.ModuleList, hidden: int, heads: int, space: Space, window: int | None
    ) -> None:
        super().__init__()
        self.heads = heads
        self.positioned = positioned
        self.blocks = blocks
        self.norm = nn.LayerNorm(hidden)
        self.readout = nn.Linear(hidden, space.size)
        self.window = window

    def begin(self, memory: Memory) -> TransformerState:
        """Return the state before the first input: nothing read yet, the memory's keys and values ready."""
        hidden = self.readout.in_features
        empty = self.readout.weight.new_zeros(len(memory.length), self.heads, 0, hidden // self.heads)
        read = tuple((empty, empty) for _ in self.blocks)
        if memory.states is None:
            return TransformerState(read, (), None)
        crossed = (cast("Block", block).cross_attention for block in self.blocks)
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
def transformer(
    source: Space | None,
    target: Space,
    *,
    hidden: int = 64,
    layers: int = 2,
    heads: int = 4,
    dropout: float = 0.0,
    positions: str = "sinusoidal",
    longest: int = 512,
    window: int = 64,
) -> Seq2Seq:
    """Encoder-decoder Transformer with the norm before each part (Vaswani et al. 2017; Xiong et al. 2020, 2002.04745).

    positions: sinusoidal, learned (a table of `longest`), rotary, alibi or none. The encoder looks both ways, so "none"
    sees a bag of symbols. As a language model it is the decoder alone, which carries its last `window` keys and values
    (Dai et al. 2019, arXiv 1901.02860) and needs relative positions or none.
    """
    if positions not in POSITIONS:
        raise ValueError(f"unknown positions {positions!r}; choose from: {', '.join(POSITIONS)}")
    if hidden % (2 * heads):
        raise ValueError(f"hidden must be a multiple of twice the heads; got {hidden} and {heads}")
    if min(hidden, layers, heads, window, longest) < 1:
        raise ValueError(f"sizes must be 1 or more; got hidden {hidden}, layers {layers}, window {window}")
    if source is None and positions not in CARRIED:
        raise UnsuitableError(
            f"positions {positions!r} cannot be carried along a text; choose from: {', '.join(CARRIED)}"
        )

    def blocks(crossed: bool) -> nn.ModuleList:
        return nn.ModuleList(Block(hidden, heads, positions, dropout, crossed) for _ in range(layers))

    encoder = None
    if source is not None:
        encoder = TransformerEncoder(Positioned(source, hidden, positions, longest), blocks(False), hidden)
    decoder = TransformerDecoder(
        Positioned(target, hidden, positions, longest),
        blocks(source is not None),
        hidden,
        heads,
        target,
        window if source is None else None,
    )
    return Seq2Seq(encoder, decoder)
