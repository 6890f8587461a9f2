"""The recurrent encoder and decoder, made of any family's layers.

A layer is an nn.Module built as layer(width, hidden) with
    parts: int                           how many vectors its state has (2 for an LSTM: output and cell)
    forward(inputs, state, length=None)  inputs (batch, time, width), state (parts, batch, hidden)
                                         -> outputs (batch, time, hidden) and the state after `length` (batch,) steps
                                         of each row, or after all of them
Part 0 of a state is always the layer's last output.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from models.base import Decoder, Encoder, Memory, Seq2Seq, Space, UnsuitableError
from models.layers.activity import penalise_activity, penalise_change
from models.layers.attention import AdditiveAttention
from models.layers.embedding import embedding_of

Layer = Callable[[int, int], nn.Module]
DECODERS = ("fed", "blind")
DROPOUTS = {  # on what the first layer reads, on what the others read, on what is read out
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

    places: where dropout stands, see DROPOUTS; that on what is read out is for the stack's owner to apply.
    """

    def __init__(
        self, layer: Layer, width: int, hidden: int, layers: int, dropout: float, places: str, learn_start: bool
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layer(hidden if depth else width, hidden) for depth in range(layers))
        first, between, output = (nn.Dropout(dropout if chosen else 0.0) for chosen in DROPOUTS[places])
        self.dropouts = nn.ModuleList([first, *[between] * (layers - 1)])
        self.dropout = output
        starts = [torch.zeros(cast("int", layer.parts), 1, hidden) for layer in self.layers]
        self.starts = nn.ParameterList(nn.Parameter(start, requires_grad=learn_start) for start in starts)

    def start(self, batch: int) -> tuple[Tensor, ...]:
        """Return each layer's state (parts, batch, hidden) before anything was read."""
        return tuple(start.expand(-1, batch, -1) for start in self.starts)

    def forward(
        self, inputs: Tensor, states: tuple[Tensor, ...], length: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Read (batch, time, width) -> outputs (batch, time, hidden) and the states after `length` steps, or all."""
        after = []
        for layer, dropout, state in zip(self.layers, self.dropouts, states, strict=True):
            inputs, state = layer(dropout(inputs), state, length)
            after.append(state)
        return inputs, tuple(after)


class RecurrentEncoder(Encoder):
    """Reads the source once, left to right; its final states are those at each row's true end.

    final "padding" takes them behind the padding instead, a mistake that is kept to show what it costs.
    """

    pairwise = False

    def __init__(self, space: Space, stack: LayerStack, width: int, final: str, unit: bool) -> None:
        super().__init__()
        self.reader = embedding_of(space, width, unit=unit)
        self.stack = stack
        self.final = final

    def forward(self, source: Tensor, source_length: Tensor) -> Memory:
        """Read source (batch, source_time[, values]), source_length (batch,) -> Memory."""
        ends = source_length if self.final == "stop" else torch.full_like(source_length, source.shape[1])
        states, final = self.stack(self.reader(source), self.stack.start(len(source)), ends)
        return Memory(source_length, states, final)


class RecurrentDecoder(Decoder):
    """Starts from the encoder's final states; reads its inputs ("fed") or zeros ("blind": all comes from the state).

    With attention, what is read out is the state beside the context that attention gathered for it. Tied: the readout's
    weights are the embedding's (Press and Wolf 2017, arXiv 1608.05859). penalties: of the activity of what is read out
    and of its change from step to step, see models/layers/activity.py.
    """

    def __init__(
        self,
        space: Space,
        stack: LayerStack,
        width: int,
        hidden: int,
        decoder: str,
        attention: AdditiveAttention | None,
        tied: bool,
        penalties: tuple[float, float],
        unit: bool,
    ) -> None:
        super().__init__()
        self.blind = decoder == "blind"
        self.width = width
        self.penalties = penalties
        if not self.blind:
            self.reader = embedding_of(space, width, unit=unit)
        self.stack = stack
        self.attention = attention
        self.pairwise = attention is not None  # every step attends to the whole source at once
        self.readout = nn.Linear(hidden if attention is None else 2 * hidden, space.size)
        if tied:
            if self.blind or attention is not None or not space.discrete:
                raise ValueError("tied weights need a decoder that is fed symbols and has no attention")
            if width != hidden:
                raise ValueError(f"tied weights need an embedding as wide as the state; got {width} and {hidden}")
            self.readout.weight = cast("nn.Embedding", self.reader).weight

    def begin(self, memory: Memory) -> RecurrentState:
        """Return the states that the encoder left, or fresh ones."""
        fresh = self.stack.start(len(memory.length))
        layers = tuple(map(handed_over, memory.final, fresh)) if memory.final else fresh
        return RecurrentState(layers, memory._replace(final=()) if self.attention else None)

    def forward(self, inputs: Tensor, state: RecurrentState) -> tuple[Tensor, RecurrentState]:
        """Read inputs (batch, time[, values]) -> outputs (batch, time, size) and the state after them."""
        read = self.readout.weight.new_zeros(*inputs.shape[:2], self.width) if self.blind else self.reader(inputs)
        outputs, layers = self.stack(read, state.layers)
        if self.attention is not None and state.memory is not None:
            context, _ = self.attention(outputs, state.memory)
            outputs = torch.cat([outputs, context], -1)
        activity, change = self.penalties
        dropped = self.stack.dropout(penalise_change(outputs, change))
        return self.readout(penalise_activity(dropped, activity)), state._replace(layers=layers)


def handed_over(final: Tensor, fresh: Tensor) -> Tensor:
    """Fit an encoder layer's final state (parts, batch, hidden) to a decoder layer of another kind.

    The output is handed over; a part that only one of the two kinds has is dropped or starts fresh.
    """
    return final[: len(fresh)] if len(final) >= len(fresh) else torch.cat([final, fresh[len(final) :]])


def state_after(outputs: Tensor, length: Tensor | None) -> Tensor:
    """Return the outputs (batch, time, hidden) at each row's end as a state of one part (1, batch, hidden)."""
    if length is None:
        return outputs[:, -1][None]
    index = (length - 1)[:, None, None].expand(-1, 1, outputs.shape[-1])
    return outputs.gather(1, index).transpose(0, 1)


def build(
    layer: Layer,
    source: Space | None,
    target: Space,
    *,
    hidden: int,
    layers: int,
    decoder: str,
    embedding: int = 0,
    dropout: float = 0.0,
    dropout_on: str = "all",
    final: str = "stop",
    penalties: tuple[float, float] = (0.0, 0.0),
    decoder_layer: Layer | None = None,
    attention: bool = False,
    learn_start: bool = False,
    start: str = "own",
    tied: bool = False,
) -> Seq2Seq:
    """Compose encoder and decoder of these layers; without a source space, a decoder alone.

    start: "orthogonal", torch's layers get orthogonal recurrent weights (see `start_orthogonal`); "torch", they and the
    embeddings are as torch makes them; "own", the layers are as they make themselves.
    embedding: how wide symbols are embedded, 0 for as wide as the state. dropout_on: "all" that is read by a layer or
    read out; "hidden", all but what the first layer reads; "between" layers alone; "output", what is read out alone.
    """
    chosen = {"start": (start, STARTS), "decoder": (decoder, DECODERS), "dropout_on": (dropout_on, tuple(DROPOUTS))}
    for name, (value, choices) in (chosen | {"final": (final, FINALS)}).items():
        if value not in choices:
            raise ValueError(f"unknown {name} {value!r}; choose from: {', '.join(choices)}")
    if source is None and decoder == "blind":
        raise UnsuitableError("a blind decoder reads nothing; a language model needs decoder=fed")
    if hidden < 1 or layers < 1:
        raise ValueError(f"hidden and layers must be 1 or more; got {hidden} and {layers}")
    if embedding < 0:
        raise ValueError(f"embedding must be 0 (as wide as the state) or more; got {embedding}")
    width, unit = embedding or hidden, start != "torch"

    def stack(of: Layer, learn: bool) -> LayerStack:
        return LayerStack(of, width, hidden, layers, dropout, dropout_on, learn)

    encoder = None if source is None else RecurrentEncoder(source, stack(layer, learn_start), width, final, unit)
    decoding = stack(decoder_layer or layer, learn_start and source is None)
    attend = AdditiveAttention(hidden) if attention and source is not None else None
    model = Seq2Seq(encoder, RecurrentDecoder(target, decoding, width, hidden, decoder, attend, tied, penalties, unit))
    if start == "orthogonal":
        start_orthogonal(model)
    return model


def start_orthogonal(model: nn.Module) -> None:
    """Make every gate's recurrent weights orthogonal, so that a state neither fades nor grows at first.

    After Saxe et al. 2014 (arXiv 1312.6120). With torch's own start, whose recurrent weights shrink a state at every
    step, nn.RNN is still at chance on copying ten symbols after 1,200 steps; with this one it takes about 700. LSTM
    forget gates start open (bias 1: Jozefowicz et al. 2015).
    """
    for module in model.modules():
        if isinstance(module, nn.RNNBase):
            for name, weight in module.named_parameters():
                if name.startswith("weight_hh"):
                    with torch.no_grad():
                        for gate in weight.split(module.hidden_size):
                            nn.init.orthogonal_(gate)
                elif name.startswith("bias_hh") and isinstance(module, nn.LSTM):
                    with torch.no_grad():
                        weight[module.hidden_size : 2 * module.hidden_size].fill_(1.0)


def step_through(driven: Tensor, hidden: Tensor, recurrent: Tensor, squash: Callable[[Tensor], Tensor]) -> Tensor:
    """h[t] = squash(recurrent h[t-1] + driven[t]): driven (batch, time, hidden), h[0] (batch, hidden) -> every h[t]."""
    transposed = recurrent.T
    return unroll(lambda drive, state: squash(torch.addmm(drive, state, transposed)), driven, hidden)


def unroll(step: Callable[[Tensor, Tensor], Tensor], inputs: Tensor, hidden: Tensor) -> Tensor:
    """h[t] = step(inputs[t], h[t-1]): inputs (batch, time, width), h[0] (batch, hidden) -> every h[t] but h[0]."""
    outputs = []
    for each in inputs.unbind(1):
        hidden = step(each, hidden)
        outputs.append(hidden)
    return torch.stack(outputs, 1)
