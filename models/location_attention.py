"""Location attention: a recurrent decoder whose attention is placed by where it stood the step before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.base import EOS, FIRST_TOKEN, Decoder, Memory, Seq2Seq, Space
from models.layers.marked import MarkedEncoder
from models.layers.moves import Convolution, Shift, place_of
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


class Beginning(nn.Module):
    """Where the heads stand before the first step.

    "first" and "last": at that mark. "learned": each head's weight is shared between the two, as is learnt. With h
    heads, "after" puts them at the first mark and the first h - 1 delimiters, "before" at the delimiters and the last
    mark: before what is right of them, or left.
    """

    def __init__(self, heads: int, start: str, delimiter: int) -> None:
        super().__init__()
        self.heads, self.start, self.delimiter = heads, start, delimiter
        self.share = nn.Parameter(torch.randn(heads)) if start == "learned" else None

    def forward(self, tokens: Tensor, length: Tensor) -> Tensor:
        """Return weights (batch, heads, places) for tokens (batch, places) of a length (batch,), marks counted."""
        first, last = torch.zeros_like(length), length - 1
        delimiters = [place_of(tokens, length, self.delimiter, count) for count in range(1, self.heads)]
        places = {"after": [first, *delimiters], "before": [*delimiters, last], "last": [last] * self.heads}
        chosen = places.get(self.start, [first] * self.heads)
        weights = F.one_hot(torch.stack(chosen, 1), tokens.shape[1])
        if self.share is None:
            return weights.to(torch.get_default_dtype())
        share = self.share.sigmoid()[:, None]
        return share * weights + (1 - share) * F.one_hot(last, tokens.shape[1])[:, None]


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
        """Read inputs (batch, time) -> outputs (batch, time, size) and the state after them."""
        hidden, reads, weights, memory, tokens = state
        keys, mask = memory.states, memory.mask
        assert keys is not None
        seen, pointed = [], []
        for read in self.embedding(inputs).unbind(1):
            weights = self.move(weights, reads if self.by_reads else hidden, keys, mask)
            reads = (weights @ keys).flatten(1)
            hidden = self.cell(torch.cat([read, reads], 1), hidden)
            seen.append(torch.cat([hidden, reads], 1))
            if self.gate is not None:
                pointed.append(self.pointed(weights[:, 0], tokens, memory.length))
        outputs = self.written(torch.stack(seen, 1), pointed)
        return outputs, LocationState(hidden, reads, weights, memory, tokens)

    def pointed(self, weights: Tensor, tokens: Tensor, length: Tensor) -> Tensor:
        """Return the weights (batch, places) gathered by what may be written there (batch, size)."""
        written = tokens.masked_fill(tokens >= self.size, 0).scatter(1, length[:, None] - 1, EOS)
        return weights.new_zeros(len(weights), self.size).scatter_add(1, written, weights)

    def written(self, seen: Tensor, pointed: list[Tensor]) -> Tensor:
        """Return logits, or the mixture's log probabilities: seen (batch, time, ..) -> (batch, time, size)."""
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
