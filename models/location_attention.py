"""Location attention: a recurrent decoder whose attention is placed by where it stood the step before."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.base import Decoder, Encoder, Memory, Seq2Seq, Space, UnsuitableError
from models.layers.ends import FIRST_SYMBOL, MARKS, STOP, with_ends
from models.layers.moves import Convolution, Shift, place_of
from models.registry import register

MOVES = ("shift", "convolution")
DRIVES = ("state", "reads")
STARTS = {"learned": 0, "first": 1, "last": -1, "after": 1, "before": -1}  # and where the heads prefer to go from there
SMALLEST = 1e-9  # what every symbol keeps of a mixture, so that its logarithm is finite


class LocationState(NamedTuple):
    """What the decoder carries from step to step.

    hidden (batch, hidden); reads (batch, heads * width), what the heads read last; weights (batch, heads, places),
    where they stand; memory: the source between its marks, embedded; symbols (batch, places), its ids
    """

    hidden: Tensor
    reads: Tensor
    weights: Tensor
    memory: Memory
    symbols: Tensor


class LocationEncoder(Encoder):
    """Embeds each symbol of the source, and a mark at either end; `final` holds their ids."""

    pairwise = False

    def __init__(self, space: Space, width: int) -> None:
        super().__init__()
        self.size = space.size
        self.embedding = nn.Embedding(space.size + MARKS, width)

    def forward(self, source: Tensor, source_length: Tensor) -> Memory:
        """Embed source (batch, source_time), source_length (batch,) -> Memory of source_time + 2 places."""
        symbols, length = with_ends(source, source_length, self.size)
        return Memory(length, self.embedding(symbols), (symbols,))


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

    def forward(self, symbols: Tensor, length: Tensor) -> Tensor:
        """Return weights (batch, heads, places) for symbols (batch, places) of a length (batch,), marks counted."""
        first, last = torch.zeros_like(length), length - 1
        delimiters = [place_of(symbols, length, self.delimiter, count) for count in range(1, self.heads)]
        places = {"after": [first, *delimiters], "before": [*delimiters, last], "last": [last] * self.heads}
        chosen = places.get(self.start, [first] * self.heads)
        weights = F.one_hot(torch.stack(chosen, 1), symbols.shape[1])
        if self.share is None:
            return weights.to(torch.get_default_dtype())
        share = self.share.sigmoid()[:, None]
        return share * weights + (1 - share) * F.one_hot(last, symbols.shape[1])[:, None]


class LocationDecoder(Decoder):
    """At each step the heads move, read the source where they then stand, and a GRU cell takes in what they read.

    Pointer: the output mixes a distribution over all symbols with the symbols under the first head, where the mark
    behind the source stands for the stop symbol (See et al. 2017, arXiv 1704.04368).
    """

    pairwise = False
    traced = True

    def __init__(
        self,
        space: Space,
        hidden: int,
        width: int,
        beginning: Beginning,
        move: nn.Module,
        by_reads: bool,
        pointer: bool,
    ) -> None:
        super().__init__()
        self.size = space.size
        self.beginning, self.move, self.by_reads = beginning, move, by_reads
        self.embedding = nn.Embedding(space.size, width)
        seen = hidden + beginning.heads * width
        self.cell = nn.GRUCell(width + beginning.heads * width, hidden)
        self.readout = nn.Sequential(nn.Linear(seen, hidden), nn.ReLU(), nn.Linear(hidden, space.size))
        self.gate = nn.Linear(seen, 1) if pointer else None

    def begin(self, memory: Memory) -> LocationState:
        """Return the state before the first step: the heads at their places, nothing read yet but what is there."""
        assert memory.states is not None
        symbols = memory.final[0]
        weights = self.beginning(symbols, memory.length).to(memory.states)
        hidden = memory.states.new_zeros(len(symbols), self.cell.hidden_size)
        reads = (weights @ memory.states).flatten(1)
        return LocationState(hidden, reads, weights, memory._replace(final=()), symbols)

    def forward(self, inputs: Tensor, state: LocationState) -> tuple[Tensor, LocationState]:
        """Read inputs (batch, time) -> outputs (batch, time, size) and the state after them."""
        hidden, reads, weights, memory, symbols = state
        keys, mask = memory.states, memory.mask
        assert keys is not None
        seen, pointed = [], []
        for read in self.embedding(inputs).unbind(1):
            weights = self.move(weights, reads if self.by_reads else hidden, keys, mask)
            reads = (weights @ keys).flatten(1)
            hidden = self.cell(torch.cat([read, reads], 1), hidden)
            seen.append(torch.cat([hidden, reads], 1))
            if self.gate is not None:
                pointed.append(self.pointed(weights[:, 0], symbols, memory.length))
        outputs = self.written(torch.stack(seen, 1), pointed)
        return outputs, LocationState(hidden, reads, weights, memory, symbols)

    def pointed(self, weights: Tensor, symbols: Tensor, length: Tensor) -> Tensor:
        """Return the weights (batch, places) gathered by what may be written there (batch, size)."""
        written = symbols.masked_fill(symbols >= self.size, 0).scatter(1, length[:, None] - 1, STOP)
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
def location_attention(
    source: Space | None,
    target: Space,
    *,
    hidden: int = 64,
    embedding: int = 0,
    heads: int = 1,
    move: str = "shift",
    drive: str = "state",
    start: str = "learned",
    delimiter: int = 10,
    pointer: bool = False,
) -> Seq2Seq:
    """GRU decoder whose attention is placed by the alignment before it, over the bare symbols of the source.

    move: "shift" by -1, 0 or +1 place and sharpened, or "convolution" (Chorowski et al. 2015, arXiv 1506.07503); drive:
    what moves the heads, the "state" or what they "reads"; start: see Beginning; delimiter: which symbol of the source
    parts it, counted from 0 (10: the plus sign of decimal addition).
    """
    if source is None or not source.discrete or not target.discrete:
        raise UnsuitableError("location_attention walks along a source of symbols; this task has none")
    for name, value, choices in (("move", move, MOVES), ("drive", drive, DRIVES), ("start", start, tuple(STARTS))):
        if value not in choices:
            raise ValueError(f"unknown {name} {value!r}; choose from: {', '.join(choices)}")
    if min(hidden, heads) < 1 or embedding < 0 or delimiter < 0:
        raise ValueError(
            f"hidden and heads must be 1 or more, embedding and delimiter 0 or more; got hidden {hidden}, "
            f"heads {heads}, embedding {embedding}, delimiter {delimiter}"
        )
    width = embedding or hidden
    driver = width * heads if drive == "reads" else hidden
    moves = Shift(driver, heads, STARTS[start]) if move == "shift" else Convolution(driver, width, heads)
    beginning = Beginning(heads, start, FIRST_SYMBOL + delimiter)
    decoder = LocationDecoder(target, hidden, width, beginning, moves, drive == "reads", pointer)
    return Seq2Seq(LocationEncoder(source, width), decoder)
