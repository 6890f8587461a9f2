"""Location attention: a recurrent decoder whose attention is placed by where it stood the step before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.base import EOS, FIRST_TOKEN, Decoder, Memory, Seq2Seq, Space
from models.layers.marked import MarkedEncoder
from models.layers.moves import Beginning, Convolution, Shift
from models.layers.walk import Standing, Walk, pays, walked
from models.layers.window import WIDTH, Source, Window
from models.registry import Family, register

MOVES = ("shift", "convolution")
DRIVES = ("state", "reads")
STARTS = {"learned": 0, "first": 1, "last": -1, "after": 1, "before": -1}  # and where the heads prefer to go from there
SMALLEST = 1e-9  # what every token keeps of a mixture, so that its logarithm is finite


class LocationState(NamedTuple):
    """What the decoder carries from step to step.

    hidden (batch, hidden); reads (batch, heads * width), what the heads read last; weights (batch, heads, places),
    where they stand; memory: the source between its marks, embedded; tokens (batch, places), its ids
    """

    hidden: Tensor
    reads: Tensor
    weights: Tensor
    memory: Memory
    tokens: Tensor


class Inlet(NamedTuple):
    """What the GRU cell makes of each input (size, 3 hidden), and its weights for what the heads read."""

    driven: Tensor
    reads: Tensor


class LocationDecoder(Decoder):
    """At each step the heads move, read the source where they then stand, and a GRU cell takes in what they read.

    Pointer: the output mixes a distribution over all tokens with the tokens under the first head, where the mark
    behind the source stands for the end of sequence (See et al. 2017, arXiv 1704.04368).
    """

    pairwise = False

    def __init__(self, space: Space, settings: LocationAttention) -> None:
        super().__init__()
        hidden, heads = settings.hidden, settings.heads
        width = settings.embedding or hidden
        self.size, self.width = space.size, width
        self.by_reads = settings.drive == "reads"
        driver = width * heads if self.by_reads else hidden
        shifts = settings.move == "shift"
        move = Shift(driver, heads, STARTS[settings.start]) if shifts else Convolution(driver, width, heads)
        self.beginning = Beginning(heads, settings.start, FIRST_TOKEN + settings.delimiter)
        self.move = move
        self.embedding = nn.Embedding(space.size, width)
        seen = hidden + heads * width
        self.cell = nn.GRUCell(width + heads * width, hidden)
        self.readout = nn.Sequential(nn.Linear(seen, hidden), nn.ReLU(), nn.Linear(hidden, space.size))
        self.gate = nn.Linear(seen, 1) if settings.pointer else None

    def begin(self, memory: Memory) -> LocationState:
        """Return the state before the first step: the heads at their places, nothing read yet but what is there."""
        assert memory.states is not None
        tokens = memory.final[0]
        weights = self.beginning(tokens, memory.length).to(memory.states)
        hidden = memory.states.new_zeros(len(tokens), self.cell.hidden_size)
        reads = (weights @ memory.states).flatten(1)
        return LocationState(hidden, reads, weights, memory._replace(final=()), tokens)

    def forward(self, inputs: Tensor, state: LocationState) -> tuple[Tensor, LocationState]:
        """Read inputs (batch, time) -> outputs (batch, time, size) and the state after them.

        Without gradient a long source is read through windows, as far as these lose next to nothing.
        """
        _, _, _, memory, tokens = state
        assert memory.states is not None
        written = self.as_written(tokens, memory.length)
        source = Source(memory.states, tokens, written, memory.length, self.move.ground(memory))
        inlet, standing = self.inlet(), Standing(*state[:3])
        in_full = partial(self.in_full, inlet=inlet)
        if torch.is_grad_enabled() or not pays(inputs, standing.weights):
            outputs, standing = in_full(inputs, standing, source)
        else:
            within = partial(self.within, inlet=inlet)
            outputs, standing = walked(in_full, within, inputs, standing, source, self.size)
        return outputs, LocationState(*standing, memory, tokens)

    def in_full(self, inputs: Tensor, standing: Standing, source: Source, inlet: Inlet) -> tuple[Tensor, Standing]:
        """Read inputs while the heads look at all places of the source."""
        hidden, reads, weights = standing
        hiddens, seen, pointed = [], [], []
        for driven in F.embedding(inputs, inlet.driven).unbind(1):
            command = self.move.command(reads if self.by_reads else hidden)
            weights = self.move.scores(weights, command, source.ground).softmax(-1)
            reads = (weights @ source.states).flatten(1)
            hidden = self.turned(torch.addmm(driven, reads, inlet.reads), hidden)
            hiddens.append(hidden)
            seen.append(reads)
            if self.gate is not None:
                pointed.append(self.pointed(weights[:, 0], source.written))
        return self.written(hiddens, seen, pointed), Standing(hidden, reads, weights)

    def within(self, inputs: Tensor, walk: Walk, source: Source, inlet: Inlet) -> tuple[Tensor, Walk, Tensor]:
        """Read inputs while the heads look through windows -> outputs, the walk, and what was lost (batch, heads)."""
        rows, hidden, reads, window = walk
        first, weights, floor, stray = window
        lost, sight = stray, source.through(window)
        hiddens, seen, pointed = [], [], []
        for driven in F.embedding(inputs, inlet.driven).unbind(1):
            command = self.move.command(reads if self.by_reads else hidden)
            stray = stray + ((weights - floor[..., None]).abs() * sight.open).sum(-1)
            lost = torch.maximum(lost, stray)
            rest = self.move.elsewhere(floor, stray, command, sight.left_out)
            scores = torch.cat([self.move.scores(weights, command, sight.ground), rest], 2).softmax(-1)
            weights, background, stray = scores[..., :WIDTH], scores[..., WIDTH], scores[..., WIDTH + 1]
            floor = background / sight.left_out.many.clamp(min=1)
            reads = (weights[:, :, None] @ sight.states)[:, :, 0].addcmul(background[..., None], sight.mean).flatten(1)
            hidden = self.turned(torch.addmm(driven, reads, inlet.reads), hidden)
            hiddens.append(hidden)
            seen.append(reads)
            if self.gate is not None:
                pointed.append(self.pointed(weights[:, 0], sight.written))
                lost = torch.maximum(lost, background)  # of which it does not know where it points
        after = Window(first, weights, floor, stray).followed(source.states.shape[1])
        lost = torch.maximum(lost, after.stray)
        return self.written(hiddens, seen, pointed), Walk(rows, hidden, reads, after), lost

    def inlet(self) -> Inlet:
        """Return the GRU cell's weights for what it reads, those of the inputs with their embedding."""
        inputs, reads = self.cell.weight_ih.split([self.width, self.cell.input_size - self.width], 1)
        return Inlet(F.linear(self.embedding.weight, inputs, self.cell.bias_ih), reads.T)

    def turned(self, ahead: Tensor, hidden: Tensor) -> Tensor:
        """Take the GRU cell's step: ahead (batch, 3 hidden), its part of what is read; hidden (batch, hidden)."""
        back, size = F.linear(hidden, self.cell.weight_hh, self.cell.bias_hh), 2 * self.cell.hidden_size
        reset, keep = (ahead[:, :size] + back[:, :size]).sigmoid().chunk(2, 1)
        content = torch.addcmul(ahead[:, size:], reset, back[:, size:]).tanh()
        return torch.lerp(content, hidden, keep)

    def as_written(self, tokens: Tensor, length: Tensor) -> Tensor:
        """Return what a pointer writes for tokens (batch, places): an end of sequence at the mark behind the source."""
        return tokens.masked_fill(tokens >= self.size, 0).scatter(1, length[:, None] - 1, EOS)

    def pointed(self, weights: Tensor, written: Tensor) -> Tensor:
        """Return the weights (batch, places) gathered by what is written there (batch, places) -> (batch, size)."""
        return weights.new_zeros(len(weights), self.size).scatter_add(1, written, weights)

    def written(self, hiddens: list[Tensor], reads: list[Tensor], pointed: list[Tensor]) -> Tensor:
        """Return logits, or the mixture's log probabilities (batch, time, size), from what each step left."""
        seen = torch.cat([torch.stack(hiddens, 1), torch.stack(reads, 1)], 2)
        logits: Tensor = self.readout(seen)
        if self.gate is None:
            return logits
        share = self.gate(seen).sigmoid()
        return ((1 - share) * logits.softmax(-1) + share * torch.stack(pointed, 1) + SMALLEST).log()

    def trace(self, state: LocationState) -> dict[str, Tensor]:
        """Return where each head stands, counted from the mark before the source, and with which weight (batch,)."""
        shown = {}
        for head, weights in enumerate(state.weights.unbind(1)):
            name = "place" if state.weights.shape[1] == 1 else f"place of head {head + 1}"
            shown[name] = weights.argmax(1)
        return shown | {"weight there": state.weights.amax(2).mean(1)}


@register("location_attention")
@dataclass(frozen=True, kw_only=True)
class LocationAttention(Family):
    """GRU decoder whose attention is placed by the alignment before it, over the bare tokens of the source.

    move: "shift" by -1, 0 or +1 place and sharpened, or "convolution" (Chorowski et al. 2015); drive: what moves the
    heads, the "state" or what they "reads"; start: see Beginning; delimiter: which token of the source parts it,
    counted from 0 (10: the plus sign of decimal addition); pointer: see LocationDecoder
    """

    paper = "Graves et al. 2014, arXiv 1410.5401 (shift); Chorowski et al. 2015, arXiv 1506.07503 (convolution)"
    inductive_bias = "attention moves by one place"
    inductive_biases: ClassVar[dict[str, str]] = {
        "move=convolution": "attention placed by where it stood",
        "start=first": "attention moves on from the first token",
        "start=last": "attention moves back from the last token",
        "start=after": "heads move by one place, from the delimiters on",
        "start=before": "heads move by one place, from the delimiters on",
    }

    hidden: int = 64
    embedding: int = 0
    heads: int = 1
    move: str = "shift"
    drive: str = "state"
    start: str = "learned"
    delimiter: int = 10
    pointer: bool = False

    def __post_init__(self) -> None:
        self.require_choices(move=MOVES, drive=DRIVES, start=STARTS)
        if min(self.hidden, self.heads) < 1 or self.embedding < 0 or self.delimiter < 0:
            raise ValueError(
                f"hidden and heads must be 1 or more, embedding and delimiter 0 or more; got hidden {self.hidden}, "
                f"heads {self.heads}, embedding {self.embedding}, delimiter {self.delimiter}"
            )

    def build(self, source: Space | None, target: Space) -> Seq2Seq:
        """Compose the source's embedding and the decoder that walks along it."""
        space, decoder = self.require_strings(source, target), LocationDecoder(target, self)
        return Seq2Seq(MarkedEncoder(space, decoder.width), decoder)
