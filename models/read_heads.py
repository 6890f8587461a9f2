"""Read heads: a GRU decoder with several heads on the source that walk, jump, seek and scan, each by what it read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.base import EOS, FIRST_TOKEN, PAD, Decoder, Encoder, Memory, Seq2Seq, Space
from models.layers.head_commands import FREE, SHIFTS, WAYS, Commander
from models.layers.head_places import Places, Source, gone, places_at
from models.layers.head_steps import Standing, ground_of, moved
from models.layers.marked import MARKS, with_marks
from models.layers.moves import place_of
from models.layers.steps import unroll
from models.registry import Family, register

STARTS = ("begin", "end", "after", "before")
BLOCK = 64  # steps that are written at once, which bounds memory
UNIFORM = 0.01  # the share of a uniform distribution in what is put out, which bounds the loss of a single token


class HeadsState(NamedTuple):
    """What the decoder carries from step to step.

    hidden (batch, hidden); heads: where they stand, in training as shares of all places, in evaluation by the numbers
    of theirs; tokens (batch, places), length (batch,): the source between its marks
    """

    hidden: Tensor
    heads: Standing | Places
    tokens: Tensor
    length: Tensor


class Marker(Encoder):
    """Puts the source between its marks and reads nothing of it; `final` holds the ids."""

    pairwise = False

    def __init__(self, space: Space) -> None:
        super().__init__()
        self.size = space.size

    def forward(self, source: Tensor, source_length: Tensor) -> Memory:
        """Mark source (batch, source_time), source_length (batch,) -> Memory without states, of both marks more."""
        tokens, length = with_marks(source, source_length, self.size)
        return Memory(length, final=(tokens,))


class HeadsDecoder(Decoder):
    """At each step the heads move; a GRU cell reads the token before and what the heads read; then a token is written.

    It is written by a mixture of a readout and of the tokens under the heads, where either mark stands for the end of
    sequence (See et al. 2017, arXiv 1704.04368). Heads are soft in the first `soft_steps` passes of training, which
    `passes` counts, then hard with the gradient of the soft ones; in evaluation they are always hard, and then their
    steps cost what they look for alone.
    """

    pairwise = False
    passes: Tensor

    def __init__(self, source: Space, target: Space, settings: ReadHeads) -> None:
        super().__init__()
        hidden, width, starts = settings.hidden, settings.embedding, settings.starts.split()
        self.kinds, self.size, self.starts = source.size + MARKS, target.size, starts
        self.delimiter, self.noise, self.soft_steps = settings.delimiter, settings.noise, settings.soft_steps
        self.source_embedding = nn.Embedding(self.kinds, width)
        self.commander = Commander(width, settings.ways.split(), settings.shifts.split())
        self.embedding = nn.Embedding(target.size, width)
        reads = width * len(starts)
        self.cell = nn.GRUCell(width + reads, hidden)
        self.readout = nn.Sequential(nn.Linear(hidden + reads, hidden), nn.ReLU(), nn.Linear(hidden, target.size))
        self.gate = nn.Linear(hidden + reads, 1 + len(starts))
        self.register_buffer("passes", torch.zeros((), dtype=torch.long))
        kind = torch.arange(self.kinds)
        written = kind.masked_fill(kind >= min(source.size, target.size), PAD).masked_fill(kind >= source.size, EOS)
        self.register_buffer("written", F.one_hot(written, target.size).float(), persistent=False)

    def begin(self, memory: Memory) -> HeadsState:
        """Return the state before the first step: the heads at their places, nothing covered; count a training pass."""
        if self.training:
            self.passes.add_(1)
        (tokens,), length = memory.final, memory.length
        first, last = torch.zeros_like(length), length - 1
        before = place_of(tokens, length, FIRST_TOKEN + self.delimiter, 1)  # of -1 an id that no source has
        places = {"begin": first, "end": last, "before": before, "after": before.where(before < last, first)}
        table, place = self.source_embedding.weight, torch.stack([places[each] for each in self.starts], 1)
        heads: Standing | Places
        if self.training:
            weights = F.one_hot(place, tokens.shape[1]).to(table.dtype)
            heads = Standing(weights, torch.zeros_like(weights))
        else:
            heads = places_at(place, Source(tokens, last[:, None], self.kinds))
        return HeadsState(table.new_zeros(len(tokens), self.cell.hidden_size), heads, tokens, length)

    def forward(self, inputs: Tensor, state: HeadsState) -> tuple[Tensor, HeadsState]:
        """Read inputs (batch, time) -> log probabilities (batch, time, size) and the state after them."""
        hidden, heads, tokens, length = state
        made = list[Tensor]()
        for piece in inputs.split(BLOCK, 1):
            steps = piece.shape[1]
            if isinstance(heads, Standing):
                seen, heads = self.walked(steps, heads, tokens, length)
            else:
                seen, heads = self.placed(steps, heads, tokens, length)
            reads = (seen @ self.source_embedding.weight).flatten(2)
            hiddens = self.unrolled(torch.cat([self.embedding(piece), reads], 2), hidden)
            hidden = hiddens[:, -1]
            made.append(self.mixed(torch.cat([hiddens, reads], 2), seen))
        return torch.cat(made, 1), HeadsState(hidden, heads, tokens, length)

    def walked(self, steps: int, standing: Standing, tokens: Tensor, length: Tensor) -> tuple[Tensor, Standing]:
        """Take steps as shares -> which kinds the heads read (batch, steps, heads, kinds), and where they stand."""
        table, softly = self.source_embedding.weight, self.passes <= self.soft_steps
        ground = ground_of(tokens, length, self.kinds, table)
        keyed, kinds = self.commander.keyed(table), ground.kinds.transpose(1, 2)
        seen, under = [], standing.weights @ kinds
        for _ in range(steps):
            standing = moved(standing, self.commander(under @ table, keyed), ground, softly)
            under = standing.weights @ kinds
            seen.append(under)
        return torch.stack(seen, 1), standing

    def placed(self, steps: int, places: Places, tokens: Tensor, length: Tensor) -> tuple[Tensor, Places]:
        """Take steps of hard heads by the numbers of their places -> as `walked`."""
        table, source = self.source_embedding.weight, Source(tokens, length[:, None] - 1, self.kinds)
        keyed, places = self.commander.keyed(table), places._replace(covered=places.covered.clone())
        seen = [tokens.gather(1, places.place)]
        for _ in range(steps):
            places = gone(places, self.commander(F.embedding(seen[-1], table), keyed), source)
            seen.append(tokens.gather(1, places.place))
        return F.one_hot(torch.stack(seen[1:], 1), self.kinds).to(table.dtype), places

    def unrolled(self, given: Tensor, hidden: Tensor) -> Tensor:
        """Return the states (batch, time, hidden) after given (batch, time, width), in training with noise on each."""
        if not (self.training and self.noise):
            return unroll(self.cell, given, hidden)
        width = given.shape[2]
        noise = self.noise * torch.randn_like(hidden[:, None].expand(-1, given.shape[1], -1))
        both = torch.cat([given, noise], 2)
        return unroll(lambda each, state: self.cell(each[:, :width], state) + each[:, width:], both, hidden)

    def mixed(self, known: Tensor, seen: Tensor) -> Tensor:
        """Return log probabilities (batch, time, size): known (batch, time, ..), and the kinds under the heads."""
        own, pointed = self.gate(known).softmax(-1).split([1, len(self.starts)], -1)
        under = (pointed[..., None, :] @ seen)[..., 0, :] @ self.written
        probable = own * self.readout(known).softmax(-1) + under
        return ((1 - UNIFORM) * probable + UNIFORM / self.size).log()

    def trace(self, state: HeadsState) -> dict[str, Tensor]:
        """Return where each head stands, counted from the mark before the source (batch,)."""
        return {f"place of head {head + 1}": place for head, place in enumerate(state.heads.where.unbind(1))}


@register("read_heads")
@dataclass(frozen=True, kw_only=True)
class ReadHeads(Family):
    """GRU decoder with read heads that stay, jump to an end, seek a token or scan for one, and then shift by a place.

    A word for each head, of as many as there are: where it starts, "begin" or "end" of the source, "after" its first
    delimiter (at the begin where it has none) or "before" that (at the end); which way it prefers at first, "stay",
    "begin", "end", "content", "next" or "free" for none; and which shift, "left", "none", "right" or "free". The
    default is one setting for all tasks; delimiter is which token of the source parts it, counted from 0 (10: the
    plus sign of decimal addition), -1: the task names none. soft_steps: passes of training in which heads are soft;
    noise: the standard deviation of what is added to the GRU's state at each step of training.
    """

    paper = "Graves et al. 2014, arXiv 1410.5401, without writing; hard: Bengio et al. 2013, arXiv 1308.3432"
    inductive_bias = "heads that start at either end, or at a named delimiter, and walk, jump, seek or scan from there"

    hidden: int = 64
    embedding: int = 32
    starts: str = "begin end after before begin begin"
    ways: str = "stay stay stay stay content next"
    shifts: str = "right left right left none none"
    delimiter: int = -1
    soft_steps: int = 300
    noise: float = 0.1

    def __post_init__(self) -> None:
        self.require_sizes("hidden", "embedding")
        if self.delimiter < -1 or self.soft_steps < 0 or not 0 <= self.noise < float("inf"):
            raise ValueError(
                f"delimiter must be -1 or more, soft_steps and noise 0 or more; got delimiter {self.delimiter}, "
                f"soft_steps {self.soft_steps}, noise {self.noise}"
            )
        known = {"starts": STARTS, "ways": (*WAYS, FREE), "shifts": (*SHIFTS, FREE)}
        for name, choices in known.items():
            for word in getattr(self, name).split():
                if word not in choices:
                    raise ValueError(f"unknown word {word!r} in {name}; choose from: {', '.join(choices)}")
        counts = [len(getattr(self, name).split()) for name in known]
        if len(set(counts)) > 1 or not counts[0]:
            raise ValueError(f"starts, ways and shifts need a word for each head; got {', '.join(map(str, counts))}")

    def build(self, source: Space | None, target: Space) -> Seq2Seq:
        """Compose the marks around the source and the decoder that reads it."""
        space = self.require_strings(source, target)
        return Seq2Seq(Marker(space), HeadsDecoder(space, target, self))
