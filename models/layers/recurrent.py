"""The recurrent encoder and decoder, made of any family's layers, and the settings that recurrent families share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, cast

import torch
from torch import Tensor, nn

from models.base import Decoder, Encoder, Memory, Seq2Seq, Space, UnsuitableError, embedding_of
from models.layers.activity import penalise_activity, penalise_change
from models.layers.attention import AdditiveAttention
from models.layers.dropout import Dropout
from models.layers.linear import Linear
from models.layers.recurrence import Lookup, embedded, pays
from models.layers.steps import Layer, RecurrentLayer, start_orthogonal
from models.registry import Family

DECODERS = ("fed", "blind")
DROPOUTS = {  # on what the first layer reads, on what the others read, on what the output head reads
    "all": (True, True, True),
    "hidden": (False, True, True),
    "between": (False, True, False),
    "output": (False, False, True),
}
FINALS = ("stop", "padding")
STARTS = ("orthogonal", "own", "torch")


class RecurrentState(NamedTuple):
    """One state (parts, batch, hidden) a layer, and the encoder's memory where the decoder attends to it."""

    layers: tuple[Tensor, ...]
    memory: Memory | None


class LayerStack(nn.Module):
    """Layers on top of one another, the first for vectors of `width`; the state they start from is zero, or learnt.

    dropout_on: where dropout stands, see DROPOUTS; that before the output head is for the stack's owner to apply.
    """

    def __init__(
        self, layer: Layer, width: int, hidden: int, layers: int, dropout: float, dropout_on: str, learn_start: bool
    ) -> None:
        super().__init__()
        made = [layer(hidden if depth else width, hidden) for depth in range(layers)]
        self.layers = nn.ModuleList(made)
        first, between, output = (Dropout(dropout if chosen else 0.0) for chosen in DROPOUTS[dropout_on])
        self.dropouts = nn.ModuleList([first, *[between] * (layers - 1)])
        self.dropout = output
        starts = [torch.zeros(layer.parts, 1, hidden) for layer in made]
        self.starts = nn.ParameterList(nn.Parameter(start, requires_grad=learn_start) for start in starts)

    def start(self, batch: int) -> tuple[Tensor, ...]:
        """Return each layer's state (parts, batch, hidden) before anything was read."""
        return tuple(start.expand(-1, batch, -1) for start in self.starts)

    def forward(
        self, inputs: Tensor | Lookup, states: tuple[Tensor, ...], length: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Read (batch, time, width) -> outputs (batch, time, hidden) and the states after `length` steps, or all."""
        after = []
        for layer, dropout, state in zip(self.layers, self.dropouts, states, strict=True):
            if cast("Dropout", dropout).active or not layer.looks_up:
                inputs = dropout(embedded(inputs))
            inputs, state = layer(inputs, state, length)
            after.append(state)
        return embedded(inputs), tuple(after)


def read_by(reader: nn.Module, inputs: Tensor) -> Tensor | Lookup:
    """Return what a stack reads of inputs (batch, time[, values]): tokens are left for its first layer to embed."""
    return Lookup(inputs, reader.weight) if isinstance(reader, nn.Embedding) else reader(inputs)


@dataclass(frozen=True, kw_only=True)
class RecurrentFamily(Family):
    """Encoder and decoder of recurrent layers; the encoder's last states start the decoder.

    embedding: how wide tokens are embedded, 0 for as wide as the state, `hidden`
    decoder: it reads what was written before ("fed", autoregressive) or zeros ("blind", input-free)
    What follows `dropout` is a setting of those families alone that declare it anew:
    dropout_on: "all" that is read by a layer or by the output head; "hidden", all but what the first layer reads;
        "between" layers alone; "output", what the output head reads alone
    activity, change: weights of the penalties of models/layers/activity.py on what the output head reads
    start: "orthogonal", torch's layers get orthogonal recurrent weights (see `start_orthogonal`); "torch", they and the
        embeddings are as torch makes them; "own", the layers are as they make themselves
    tied: the output head's weights are the embedding's (Press and Wolf 2017, arXiv 1608.05859)
    final: the encoder's last states are those at each row's end ("stop"), or behind the "padding", a mistake that is
        kept to show what it costs
    """

    inductive_bias = "none: a state of fixed size"
    layer_class: ClassVar[type[RecurrentLayer]]  # built of a width and a hidden size
    attention: ClassVar[bool] = False  # whether the decoder attends to the encoder's states
    learn_start: ClassVar[bool] = False  # whether the state before anything was read is learnt

    hidden: int = 64
    embedding: int = 0
    layers: int = 1
    decoder: str = "fed"
    dropout: float = 0.0
    dropout_on: str = field(default="all", init=False)
    activity: float = field(default=0.0, init=False)
    change: float = field(default=0.0, init=False)
    start: str = field(default="own", init=False)
    tied: bool = field(default=False, init=False)
    final: str = field(default="stop", init=False)

    def __post_init__(self) -> None:
        self.require_choices(start=STARTS, decoder=DECODERS, dropout_on=DROPOUTS, final=FINALS)
        if self.hidden < 1 or self.layers < 1:
            raise ValueError(f"hidden and layers must be 1 or more; got {self.hidden} and {self.layers}")
        if self.embedding < 0:
            raise ValueError(f"embedding must be 0 (as wide as the state) or more; got {self.embedding}")

    @property
    def width(self) -> int:
        """How many numbers a token is embedded in."""
        return self.embedding or self.hidden

    def layer(self, width: int, hidden: int) -> RecurrentLayer:
        """Return one layer, for vectors of `width`."""
        return self.layer_class(width, hidden)

    def decoder_layer(self, width: int, hidden: int) -> RecurrentLayer:
        """Return one layer of the decoder."""
        return self.layer(width, hidden)

    def stack(self, layer: Layer, learn_start: bool) -> LayerStack:
        """Return the layers of an encoder or decoder."""
        return LayerStack(layer, self.width, self.hidden, self.layers, self.dropout, self.dropout_on, learn_start)

    def build(self, source: Space | None, target: Space) -> Seq2Seq:
        """Compose encoder and decoder; without a source space, a decoder alone."""
        if source is None and self.decoder == "blind":
            raise UnsuitableError("a blind decoder reads nothing; a language model needs decoder=fed")
        encoder = None
        if source is not None:
            encoder = RecurrentEncoder(source, self.stack(self.layer, self.learn_start), self)
        stack = self.stack(self.decoder_layer, self.learn_start and source is None)
        attention = AdditiveAttention(self.hidden) if self.attention and source is not None else None
        model = Seq2Seq(encoder, RecurrentDecoder(target, stack, attention, self))
        if self.start == "orthogonal":
            start_orthogonal(model)
        return model


class RecurrentEncoder(Encoder):
    """Reads the source once, left to right; its final states are those at each row's true end (but see `final`)."""

    pairwise = False

    def __init__(self, space: Space, stack: LayerStack, settings: RecurrentFamily) -> None:
        super().__init__()
        self.reader = embedding_of(space, settings.width, unit=settings.start != "torch")
        self.stack = stack
        self.reads_padding = settings.final == "padding"

    def forward(self, source: Tensor, source_length: Tensor) -> Memory:
        """Read source (batch, source_time[, values]), source_length (batch,) -> Memory."""
        ends = torch.full_like(source_length, source.shape[1]) if self.reads_padding else source_length
        states, final = self.stack(read_by(self.reader, source), self.stack.start(len(source)), ends)
        return Memory(source_length, states, final)


class RecurrentDecoder(Decoder):
    """Starts from the encoder's final states.

    With attention, the output head reads the state beside the context that attention gathered for it.
    """

    stops_early = True

    def __init__(
        self, space: Space, stack: LayerStack, attention: AdditiveAttention | None, settings: RecurrentFamily
    ) -> None:
        super().__init__()
        width, hidden = settings.width, settings.hidden
        self.blind, self.width = settings.decoder == "blind", width
        self.activity, self.change = settings.activity, settings.change
        if not self.blind:
            self.reader = embedding_of(space, width, unit=settings.start != "torch")
        self.stack = stack
        self.attention = attention
        self.pairwise = attention is not None  # every step attends to the whole source at once
        self.readout = Linear(hidden if attention is None else 2 * hidden, space.size)
        if settings.tied:
            if self.blind or attention is not None or not space.discrete:
                raise ValueError("tied weights need a decoder that is fed tokens and has no attention")
            if width != hidden:
                raise ValueError(f"tied weights need an embedding as wide as the state; got {width} and {hidden}")
            self.readout.weight = cast("nn.Embedding", self.reader).weight

    def begin(self, memory: Memory) -> RecurrentState:
        """Return the states that the encoder left, or fresh ones."""
        fresh = self.stack.start(len(memory.length))
        layers = tuple(map(handed_over, memory.final, fresh)) if memory.final else fresh
        return RecurrentState(layers, memory._replace(final=()) if self.attention else None)

    def forward(
        self, inputs: Tensor, state: RecurrentState, length: Tensor | None = None
    ) -> tuple[Tensor, RecurrentState]:
        """Read inputs (batch, time[, values]) -> outputs (batch, time, size) and the state after them.

        length (batch,): what is put out past it, and the state, mean nothing; it is made use of where that saves time
        """
        read: Tensor | Lookup
        if self.blind:
            nothing = torch.zeros(inputs.shape[:2], dtype=torch.long, device=inputs.device)
            read = Lookup(nothing, self.readout.weight.new_zeros(1, self.width))
        else:
            read = read_by(self.reader, inputs)
        wanted = length if pays("lstm", read) else None
        outputs, layers = self.stack(read, state.layers, wanted)
        if self.attention is not None and state.memory is not None:
            context, _ = self.attention(outputs, state.memory, length)
            outputs = torch.cat([outputs, context], -1)
        dropped = self.stack.dropout(penalise_change(outputs, self.change))
        return self.readout(penalise_activity(dropped, self.activity)), state._replace(layers=layers)


def handed_over(final: Tensor, fresh: Tensor) -> Tensor:
    """Fit an encoder layer's final state (parts, batch, hidden) to a decoder layer of another kind.

    The output is handed over; a part that only one of the two kinds has is dropped or starts fresh.
    """
    return final[: len(fresh)] if len(final) >= len(fresh) else torch.cat([final, fresh[len(final) :]])
