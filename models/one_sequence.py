"""One sequence, a source and the target behind it, read by layers that a family brings: what such families share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.base import Decoder, Seq2Seq, Space, UnsuitableError
from models.decoder_only import Prefix, SourceEmbedding, body_for
from models.layers.attention import AttentionBlock, AttentionFamily
from models.layers.linear import Linear
from models.layers.placing import Consecutive
from models.layers.schemes import small_embedding_of

Read: TypeAlias = "tuple[Tensor, Tensor]"  # keys and values (batch, heads, key_time, hidden / heads)


class View(NamedTuple):
    """What layers are told of the tokens that they read now, behind those that they read before.

    visible (batch, 1, time, key_time): which tokens each of them sees, of all so far
    place (batch, time): 0, 1, .. over the source, and again over the target; target: which of the two this is
    length (batch,): of the source
    """

    visible: Tensor
    place: Tensor
    target: bool
    length: Tensor


class OneSequenceState(NamedTuple):
    """What the layers have read so far, source and target.

    read: keys and values of all tokens a layer; real (batch, source_time): which of them stand for a source's token;
    length (batch,): of the source
    """

    read: tuple[Read, ...]
    real: Tensor
    length: Tensor


class Layers(nn.Module):
    """Layers that read tokens behind those before them; here blocks of attention, each of weights of its own."""

    def __init__(self, blocks: nn.ModuleList) -> None:
        super().__init__()
        self.blocks = blocks

    def masks(self, view: View) -> Sequence[Tensor]:
        """Return what each layer adds to its scores, or which keys it sees."""
        return [view.visible] * len(self.blocks)

    def through(self, states: Tensor, past: Sequence[Read | None], view: View) -> tuple[Tensor, tuple[Read, ...]]:
        """Take states through the first layers, as many as `past` has keys and values for; see `forward`."""
        read = []
        for block, before, mask in zip(self.blocks, past, self.masks(view), strict=False):
            with body_for(mask):
                states, keys_values = block(states, before, mask)
            read.append(keys_values)
        return states, tuple(read)

    def last_read(self, states: Tensor, view: View) -> Read:
        """Return the last layer's keys and values of states (batch, time, hidden)."""
        last = cast("AttentionBlock", self.blocks[-1])
        return last.self_attention.keys_values(last.self_norm(states))

    def forward(self, states: Tensor, past: Sequence[Read | None], view: View) -> tuple[Tensor, tuple[Read, ...]]:
        """Transform states (batch, time, hidden), which follow the `past`, a layer's each; give these back, grown."""
        return self.through(states, past, view)

    def remember(self, states: Tensor, view: View) -> tuple[Read, ...]:
        """Return the keys and values of a source's states (batch, time, hidden): nobody reads what comes out."""
        states, read = self.through(states, [None] * (len(self.blocks) - 1), view)
        return *read, self.last_read(states, view)


class LayeredDecoder(Decoder):
    """A token sees itself and those before it, the source's as the target's."""

    def __init__(self, space: Space, layers: Layers, hidden: int) -> None:
        super().__init__()
        self.reader = small_embedding_of(space, hidden)
        self.layers = layers
        self.norm = nn.LayerNorm(hidden)
        self.readout = Linear(hidden, space.size)

    def begin(self, prefix: Prefix) -> OneSequenceState:
        """Read the source, each row of which ends where the target begins."""
        time = torch.arange(prefix.real.shape[1], device=prefix.real.device)
        distance = time[:, None] - time
        visible = prefix.real[:, None, None] & (distance >= 0) | (distance == 0)  # padding sees itself: not nothing
        view = View(visible, prefix.ids, False, prefix.row[0])
        return OneSequenceState(self.layers.remember(prefix.states, view), prefix.real, prefix.row[0])

    def forward(self, inputs: Tensor, state: OneSequenceState) -> tuple[Tensor, OneSequenceState]:
        """Read inputs (batch, time[, values]) -> outputs (batch, time, size) and the state after them."""
        source_time, steps = state.real.shape[1], inputs.shape[1]
        first = state.read[0][0].shape[2] - source_time
        time = torch.arange(source_time + first + steps, device=inputs.device)
        real = F.pad(state.real, (0, first + steps), value=True)
        visible = real[:, None, None] & (time[source_time + first :, None] >= time)
        place = (time[source_time + first :] - source_time).expand(len(inputs), -1)
        view = View(visible, place, True, state.length)
        states, read = self.layers(self.reader(inputs), state.read, view)
        return self.readout(self.norm(states)), state._replace(read=read)


@dataclass(frozen=True, kw_only=True)
class OneSequenceFamily(AttentionFamily):
    """Settings of a decoder-only Transformer of a family's own layers."""

    positions: str = field(default="none", init=False)
    longest: int = field(default=1, init=False)

    @abstractmethod
    def stack(self) -> Layers:
        """Return the layers."""

    def build(self, source: Space | None, target: Space) -> Seq2Seq:
        """Compose the source's embedding and the layers over both."""
        if source is None:
            raise UnsuitableError(
                f"{self.name} reads a source, and a language model has none; transformer can read a text"
            )
        encoder = SourceEmbedding(source, Consecutive(), self.hidden)
        return Seq2Seq(encoder, LayeredDecoder(target, self.stack(), self.hidden))
