"""What the harness trains and scores: the model contract, encoder and decoder, and the adapter of plain modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeAlias

import torch
from torch import Tensor, nn

State: TypeAlias = "Tensor | tuple[State, ...] | None"  # what a decoder carries: nested tuples, named ones too

PAD, EOS, FIRST_TOKEN = 0, 2, 3  # ids of every discrete space: padding, the end of a sequence, where the data begin


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


class Model(nn.Module):
    """What the harness trains and scores: a step machine with an explicit state, and one pass over a whole target.

    trainable: False is fitted at once by fit(source, source_length, target, mask), never by gradient
    pairwise: whether a pass holds something for every pair of positions, which bounds how many rows fit in it
    reads_padding: whether outputs depend on how wide a batch is padded, a mistake that an ablation makes on purpose
    traced: whether `trace` gives numbers of a state that are worth a picture, each (batch,)
    decoder(inputs, state) -> (outputs, state), over any number of steps: a submodule or a method
    """

    trainable: bool = True
    pairwise: bool = True
    reads_padding: bool = False
    traced: bool = False
    decoder: Callable[[Tensor, State], tuple[Tensor, State]]
    trace: Callable[[State], dict[str, Tensor]]  # where traced
    fit: Callable[[Tensor | None, Tensor, Tensor, Tensor], None]  # where not trainable

    def begin(self, source: Tensor | None, source_length: Tensor) -> State:
        """Return the state before the first input; source (batch, source_time[, values]), None of a language model."""
        raise NotImplementedError

    def forward(self, source: Tensor | None, source_length: Tensor, target_in: Tensor) -> Tensor:
        """Score each next token from the source and the true tokens before it.

        source (batch, source_time[, values]), source_length (batch,), target_in (batch, target_time[, values])
        -> outputs (batch, target_time, target size): logits, or the values themselves
        """
        return self.decoder(target_in, self.begin(source, source_length))[0]

    def forward_within(
        self, source: Tensor | None, source_length: Tensor, target_in: Tensor, target_length: Tensor
    ) -> Tensor:
        """Do as `forward`; what is put out past a row's target_length (batch,) means nothing and may be left out."""
        return self(source, source_length, target_in)


class Encoder(nn.Module):
    """Reads the source once: forward(source, source_length) -> what its decoder begins with, mostly a `Memory`."""

    pairwise: bool = True
    reads_padding: bool = False


class Decoder(nn.Module):
    """A step machine: begin(what the encoder left) -> state; forward(inputs, state) -> (outputs, state)."""

    pairwise: bool = True
    stops_early: bool = False  # whether forward takes the inputs' lengths (batch,), past which it computes nothing
    begin: Callable[..., State]
    trace: Callable[..., dict[str, Tensor]]  # of one that has numbers worth a picture


class Seq2Seq(Model):
    """An encoder and a decoder; a language model is a decoder alone, which begins with an empty `Memory`."""

    encoder: Encoder | None
    decoder: Decoder

    def __init__(self, encoder: Encoder | None, decoder: Decoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        parts = [part for part in (encoder, decoder) if part is not None]  # which may be plain modules
        self.pairwise = any(getattr(part, "pairwise", True) for part in parts)
        self.reads_padding = any(getattr(part, "reads_padding", False) for part in parts)
        self.traced = callable(getattr(parts[-1], "trace", None))
        self.stops_early = bool(getattr(parts[-1], "stops_early", False))

    def begin(self, source: Tensor | None, source_length: Tensor) -> State:
        """Return the decoder's state before its first input."""
        memory = Memory(source_length) if self.encoder is None else self.encoder(source, source_length)
        return self.decoder.begin(memory)

    def forward_within(
        self, source: Tensor | None, source_length: Tensor, target_in: Tensor, target_length: Tensor
    ) -> Tensor:
        """Let the decoder stop at each row's end where it can; see `Model`."""
        state = self.begin(source, source_length)
        if self.stops_early:
            return self.decoder(target_in, state, target_length)[0]
        return self.decoder(target_in, state)[0]

    def trace(self, state: State) -> dict[str, Tensor]:
        """Return what a picture shows of a state, each (batch,)."""
        return self.decoder.trace(state)


class Adapter(Model):
    """A plain nn.Module as a `Model`; `fit` and `trace` are its own where it has them."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        self.pairwise = bool(getattr(module, "pairwise", True))
        fit, trace = (getattr(module, name, None) for name in ("fit", "trace"))
        if callable(fit):
            self.trainable, self.fit = False, fit
        if callable(trace):
            self.traced, self.trace = True, trace

    def forward(self, source: Tensor | None, source_length: Tensor, target_in: Tensor) -> Tensor:
        """Score each next token; see `Model`."""
        return self.module(source, source_length, target_in)


class Stepping(Adapter):
    """A plain module with a `begin` and a `decoder` of its own."""

    def begin(self, source: Tensor | None, source_length: Tensor) -> State:
        """Return the module's state before its first input."""
        return self.module.begin(source, source_length)  # type: ignore[operator]  # `adapted` saw that it is callable

    def decoder(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """Take the module's steps."""
        return self.module.decoder(inputs, state)  # type: ignore[operator]


class Written(NamedTuple):
    """What a module with `forward` alone rereads at each step: the source, and all inputs so far (None before any)."""

    source: Tensor | None
    source_length: Tensor
    inputs: Tensor | None


class Forwarding(Adapter):
    """A plain module with `forward` alone: at each step it rereads all that was written."""

    def begin(self, source: Tensor | None, source_length: Tensor) -> State:
        """Return the state before the first input: nothing was written."""
        return Written(source, source_length, None)

    def decoder(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """Read inputs (batch, time[, values]) behind those before -> outputs (batch, time, size) and the state."""
        assert isinstance(state, Written)
        inputs_so_far = inputs if state.inputs is None else torch.cat([state.inputs, inputs], 1)
        outputs = self.module(state.source, state.source_length, inputs_so_far)
        return outputs[:, -inputs.shape[1] :], state._replace(inputs=inputs_so_far)


def adapted(module: nn.Module) -> Model:
    """Return a `Model` as it is, any other module in the adapter that gives it what it lacks."""
    if isinstance(module, Model):
        return module
    return Stepping(module) if steps(module) else Forwarding(module)


def steps(module: nn.Module) -> bool:
    """Whether a module has the step form: `begin`, and a `decoder` that is a method or a submodule."""
    return all(callable(getattr(module, name, None)) for name in ("begin", "decoder"))


def embedding_of(space: Space, width: int, *, unit: bool = False) -> nn.Module:
    """Return the layer that embeds this space: ids or vectors (batch, time[, size]) -> (batch, time, width).

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
        make = getattr(state, "_make", tuple)  # a NamedTuple stays one
        return make(map_state(function, part) for part in state)
    return state


def state_size(state: State) -> int:
    """Count the real numbers that a state holds, for its whole batch."""
    if isinstance(state, tuple):
        return sum(map(state_size, state))
    return state.numel() if isinstance(state, Tensor) and state.is_floating_point() else 0
