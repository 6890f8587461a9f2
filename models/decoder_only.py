"""Decoder-only Transformer: source and target are one sequence, read by the same layers; position scheme by setting."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.base import Decoder, Encoder, Seq2Seq, Space, UnsuitableError
from models.layers import kernels
from models.layers.attention import AttentionBlock
from models.layers.couplings import target_kinds
from models.layers.linear import Linear
from models.layers.placing import Placing
from models.layers.schemes import Placement, SchemeFamily, small_embedding_of
from models.registry import register

SIGHTS = ("past", "all")


class Prefix(NamedTuple):
    """What the encoder leaves: the source, each row moved right so that it ends where the target begins.

    states (batch, source_time, hidden); real, ids, kinds (batch, source_time); row: what the target's ids follow from
    """

    states: Tensor
    real: Tensor
    ids: Tensor
    kinds: Tensor
    row: tuple[Tensor, ...]


class DecoderOnlyState(NamedTuple):
    """What the layers have read so far, source and target.

    read: keys and values (batch, heads, source_time + steps, hidden / heads) a layer; ids, kinds of the same tokens
    real (batch, source_time), row: of the source, as the encoder left them
    """

    read: tuple[tuple[Tensor, Tensor], ...]
    ids: Tensor
    kinds: Tensor
    real: Tensor
    row: tuple[Tensor, ...]


class SourceEmbedding(Encoder):
    """Embeds the source's tokens and places them."""

    def __init__(self, space: Space, placing: Placing, hidden: int) -> None:
        super().__init__()
        self.reader = small_embedding_of(space, hidden)
        self.placing = placing

    def forward(self, source: Tensor, source_length: Tensor) -> Prefix:
        """Read source (batch, source_time[, values]), source_length (batch,) -> Prefix, wider where a marker is."""
        placed = self.placing.source(source, source_length)
        time = torch.arange(placed.source.shape[1], device=source.device)
        length = placed.length[:, None]
        order = (time + length) % len(time)  # padding first, then the source: no gap before the target
        states: Tensor = self.reader(placed.source)
        ids, kinds = (each.gather(1, order) for each in (placed.ids, placed.kinds))
        return Prefix(states.take_along_dim(order[..., None], 1), order < length, ids, kinds, placed.row)


class OneSequenceDecoder(Decoder):
    """Layers over source and target: a target token sees the source and the target before it.

    A source token sees those before it, or the whole source where `both_ways`.
    """

    def __init__(self, space: Space, placing: Placing, settings: DecoderOnly) -> None:
        super().__init__()
        placement, blocks = Placement(settings), settings.blocks()  # drawn before the embedding, which comes first
        self.reader = small_embedding_of(space, settings.hidden)
        self.placing = placing
        self.placement = placement
        self.sight = settings.sight()
        self.blocks = blocks
        self.norm = nn.LayerNorm(settings.hidden)
        self.readout = Linear(settings.hidden, space.size)
        self.both_ways = settings.source_sees == "all"
        self.coupled = settings.coupled

    def begin(self, prefix: Prefix) -> DecoderOnlyState:
        """Run the layers over the source and keep their keys and values."""
        _, real, ids, kinds, row = prefix
        time = torch.arange(ids.shape[1], device=ids.device)
        distance = time[:, None] - time
        visible = real[:, None, None] & (self.both_ways | (distance >= 0))
        visible = visible | (distance == 0)  # padding sees itself: not every kernel can attend to nothing at all
        states = self.placement(prefix.states, ids, kinds, self.placing.most(len(time), 0))
        read = []
        masks = self.masks(visible, distance, ids, ids, kinds)
        for block, mask in zip(self.blocks, masks, strict=True):
            if block is self.blocks[-1]:  # nobody reads what it makes of the source, only its keys and values
                last = cast("AttentionBlock", block)
                read.append(last.self_attention.keys_values(last.self_norm(states)))
                break
            with body_for(mask):
                states, keys_values = block(states, None, mask)
            read.append(keys_values)
        return DecoderOnlyState(tuple(read), ids, kinds, real, row)

    def forward(self, inputs: Tensor, state: DecoderOnlyState) -> tuple[Tensor, DecoderOnlyState]:
        """Read inputs (batch, time[, values]) -> outputs (batch, time, size) and the state after them."""
        source_time, steps = state.real.shape[1], inputs.shape[1]
        first = state.ids.shape[1] - source_time
        ids = self.placing.target(state.row, first, steps)
        kinds = target_kinds(first, steps, ids)
        states = self.placement(self.reader(inputs), ids, kinds, self.placing.most(source_time, first + steps))
        key_ids, key_kinds = torch.cat([state.ids, ids], 1), torch.cat([state.kinds, kinds], 1)
        time = torch.arange(key_ids.shape[1], device=ids.device)
        real = F.pad(state.real, (0, first + steps), value=True)
        distance = time[source_time + first :, None] - time
        visible = real[:, None, None] & (distance >= 0)
        masks = self.masks(visible, distance, ids, key_ids, key_kinds)
        read = []
        for block, past, mask in zip(self.blocks, state.read, masks, strict=True):
            with body_for(mask):
                states, keys_values = block(states, past, mask)
            read.append(keys_values)
        after = DecoderOnlyState(tuple(read), key_ids, key_kinds, state.real, state.row)
        return self.readout(self.norm(states)), after

    def masks(
        self, visible: Tensor, distance: Tensor, query_ids: Tensor, key_ids: Tensor, key_kinds: Tensor
    ) -> Sequence[Tensor]:
        """Return what each layer adds to its scores, or which keys it sees, by what lies between query and key.

        That is the difference of their ids where tokens are coupled, else the tokens between them: distance (queries,
        keys), the same in every row.
        """
        difference = key_ids[:, None] - query_ids[:, :, None] if self.coupled else -distance[None]
        return [visible] * len(self.blocks) if self.sight is None else self.sight(visible, difference, key_kinds)


def body_for(mask: Tensor) -> AbstractContextManager[None]:
    """Let torch attend where what is added to the scores is learnt: the kernel in C gives it no gradient."""
    return kernels.switched_off() if mask.requires_grad else nullcontext()


@register("decoder_only")
@dataclass(frozen=True, kw_only=True)
class DecoderOnly(SchemeFamily):
    """Transformer decoder over source and target as one sequence; ten position schemes by setting.

    source_sees: "past" is causal throughout, "all" lets the source look both ways (prefix-LM: Raffel et al. 2020)
    """

    paper = "Radford et al. 2018; coupled: Cho et al. 2024, arXiv 2405.20671; abacus: McLeish et al. 2024, 2405.17399"
    inductive_biases: ClassVar[dict[str, str]] = {
        "positions=none": "attention by content",
        "positions=windowed": "attention, some heads over few tokens",
        "positions=relative": "attention by content and distance",
        "positions=coupled": "which tokens belong together",
        "positions=abacus": "the place of each digit in its number",
    }
    source_sees: str = "past"

    def __post_init__(self) -> None:
        self.require_choices(source_sees=SIGHTS)
        super().__post_init__()

    def build(self, source: Space | None, target: Space) -> Seq2Seq:
        """Compose the source's embedding and the layers over both."""
        if source is None:
            raise UnsuitableError(
                "decoder_only reads a source, and a language model has none; transformer can read a text"
            )
        self.require_tokens(source)
        placing = self.placing()
        decoder = OneSequenceDecoder(target, placing, self)
        return Seq2Seq(SourceEmbedding(source, placing, self.hidden), decoder)
