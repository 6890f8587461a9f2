"""What every family shares: the memory between encoder and decoder, and their composition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor, nn

State = Any  # nested tuples of tensors, each decoder its own; None stands for no tensor
Model = Any  # an nn.Module with `begin`, `decoder` and `forward` as Seq2Seq has them; a floor has `fit` too


class Space(Protocol):
    """The size of what a model reads or writes: ids below `size` where discrete, else vectors of `size` numbers."""

    @property
    def size(self) -> int:
        """How many ids, or numbers a vector."""

    @property
    def discrete(self) -> bool:
        """Whether items are ids."""


class Memory(NamedTuple):
    """What an encoder leaves behind for a decoder.

    length (batch,), zeros where there was no source
    states (batch, source_time, hidden) or None
    final: one state (parts, batch, hidden) a layer, taken at each row's true end; empty where the family has none
    """

    length: Tensor
    states: Tensor | None = None
    final: tuple[Tensor, ...] = ()

    @property
    def mask(self) -> Tensor:
        """(batch, source_time), True where the source is real."""
        assert self.states is not None
        return torch.arange(self.states.shape[1], device=self.length.device) < self.length[:, None]


class UnsuitableError(ValueError):
    """This family cannot take this kind of task; the message says what it needs."""


class Seq2Seq(nn.Module):
    """An encoder and a decoder; a language model is a decoder alone.

    encoder(source, source_length) -> Memory
    decoder.begin(memory) -> state; decoder(inputs, state) -> (outputs, state), over any number of steps
    """

    encoder: Any
    decoder: Any

    def __init__(self, encoder: nn.Module | None, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    @property
    def pairwise(self) -> bool:
        """Whether a pass holds something for every pair of positions at once, which bounds how many rows fit in it."""
        return any(getattr(part, "pairwise", True) for part in (self.encoder, self.decoder) if part is not None)

    def begin(self, source: Tensor | None, source_length: Tensor) -> State:
        """Return the decoder's state before its first input; source (batch, source_time[, values])."""
        memory = Memory(source_length) if self.encoder is None else self.encoder(source, source_length)
        return self.decoder.begin(memory)

    def forward(self, source: Tensor | None, source_length: Tensor, target_in: Tensor) -> Tensor:
        """Score each next symbol from the source and the true symbols before it.

        source (batch, source_time[, values]), source_length (batch,), target_in (batch, target_time[, values])
        -> outputs (batch, target_time, target size): logits, or the values themselves
        """
        outputs: Tensor = self.decoder(target_in, self.begin(source, source_length))[0]
        return outputs


def reader(space: Space, width: int, *, unit: bool = False) -> nn.Module:
    """Return the layer that reads this space: ids or vectors (batch, time[, size]) -> (batch, time, width).

    unit: embeddings start with a norm of about 1, not of sqrt(width), so that a tanh recurrence starts out near linear
    and keeps what it read.
    """
    if not space.discrete:
        return nn.Linear(space.size, width)
    embedding = nn.Embedding(space.size, width)
    if unit:
        nn.init.normal_(embedding.weight, std=width**-0.5)
    return embedding


def detach(state: State) -> State:
    """Cut a carried state from the graph that made it (truncated back-propagation)."""
    return map_state(torch.Tensor.detach, state)


def map_state(function: Callable[[Tensor], Tensor], state: State) -> State:
    """Apply a function to every tensor of a nested state."""
    if isinstance(state, Tensor):
        return function(state)
    if isinstance(state, tuple):
        parts = [map_state(function, part) for part in state]
        return type(state)(*parts) if hasattr(state, "_fields") else tuple(parts)
    return state


def state_size(state: State) -> int:
    """Count the real numbers that a state holds, for its whole batch."""
    if isinstance(state, tuple):
        return sum(map(state_size, state))
    return state.numel() if isinstance(state, Tensor) and state.is_floating_point() else 0


MODELS: dict[str, Callable[..., nn.Module]] = {}
Builder = TypeVar("Builder", bound=Callable[..., nn.Module])


def register(name: str) -> Callable[[Builder], Builder]:
    """Add the decorated class or function under this name; a name that is taken raises ValueError.

    It is called as builder(source, target, **settings) with the two spaces, source None for a language model.
    """

    def add(builder: Builder) -> Builder:
        if name in MODELS:
            raise ValueError(f"a model {name!r} exists already; give yours another name")
        MODELS[name] = builder
        return builder

    return add
