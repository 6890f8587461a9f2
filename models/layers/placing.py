"""Where the tokens of one sequence, a source and the target behind it, stand: an integer for each token."""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from models.layers.couplings import MARKED, READ, source_ids, source_kinds, with_marker

GOLDEN = (math.sqrt(5.0) - 1) / 2


class Placed(NamedTuple):
    """A source whose tokens have their places.

    source (batch, time[, values]), length (batch,): with a marker behind it where the scheme has one
    ids, kinds (batch, time); row: what the places of the target follow from, batch first
    """

    source: Tensor
    length: Tensor
    ids: Tensor
    kinds: Tensor
    row: tuple[Tensor, ...]


class Placing(Protocol):
    """A rule that gives tokens their places."""

    def source(self, source: Tensor, length: Tensor) -> Placed:
        """Place source (batch, time[, values]) of length (batch,)."""

    def target(self, row: tuple[Tensor, ...], first: int, steps: int) -> Tensor:
        """Place the decoder's inputs first, first + 1, .. -> (batch, steps)."""

    def most(self, source_time: int, steps: int) -> int:
        """Return how many places a table needs for a source, as placed, and so many inputs of the decoder."""


class Consecutive(nn.Module):
    """0, 1, 2, .. over the source, and on over the target from the source's own end."""

    def source(self, source: Tensor, length: Tensor) -> Placed:
        """Count the tokens."""
        ids = torch.arange(source.shape[1], device=source.device).expand(len(source), -1)
        return Placed(source, length, ids, torch.full_like(ids, READ), (length,))

    def target(self, row: tuple[Tensor, ...], first: int, steps: int) -> Tensor:
        """Count on."""
        return row[0][:, None] + torch.arange(first, first + steps, device=row[0].device)

    def most(self, source_time: int, steps: int) -> int:
        """One for each token."""
        return source_time + steps


class Randomised(nn.Module):
    """Random places in training, sorted and distinct, out of 0 .. longest - 1 (Ruoss et al. 2023, arXiv 2305.16843).

    They are spread as if the target were as long as the source, since a decoder does not know how long its own will be;
    what comes later goes on at the mean distance. The paper draws in evaluation too. Here evaluation takes one fixed
    draw, whose spacings are those of a golden-ratio sequence, so that a row's places depend on its own length alone.
    """

    def __init__(self, longest: int) -> None:
        super().__init__()
        self.longest = longest

    def source(self, source: Tensor, length: Tensor) -> Placed:
        """Draw places for the source, and for as many tokens of the target and its start."""
        shape = len(source), 2 * source.shape[1] + 2
        if self.training:
            spacing = torch.empty(shape, dtype=torch.float64, device=source.device).exponential_()
        else:
            order = torch.arange(1, shape[1] + 1, dtype=torch.float64, device=source.device)
            spacing = -torch.log1p(-(order * GOLDEN).frac()).expand(shape)
        places = scattered(spacing, 2 * length + 1, self.longest)
        ids = places[:, : source.shape[1]]
        return Placed(source, length, ids, torch.full_like(ids, READ), (places, length))

    def target(self, row: tuple[Tensor, ...], first: int, steps: int) -> Tensor:
        """Take the places behind the source; past the last of them go on at the mean distance."""
        places, length = row
        index = length[:, None] + torch.arange(first, first + steps, device=length.device)
        last = 2 * length[:, None]
        gap = (self.longest // (last + 1)).clamp(min=1)
        return places.gather(1, index.minimum(last)) + (index - last).clamp(min=0) * gap

    def most(self, source_time: int, steps: int) -> int:
        """As many as there are to draw from."""
        return max(self.longest, source_time + steps)


def scattered(spacing: Tensor, count: Tensor, longest: int) -> Tensor:
    """Scatter sorted, distinct whole numbers over 0 .. longest - 1, or 0 .. count - 1 where count is more.

    spacing (batch, time), exponentially distributed: the distances of `count` uniform numbers and the ends are in
    proportion to count + 1 of these. count (batch,), below time -> (batch, time), good for the first `count`
    """
    reached = spacing.cumsum(1)
    share = (reached / reached.gather(1, count[:, None])).clamp(max=1)
    room = (longest - count).clamp(min=0) + 1
    return (share * room[:, None]).floor().long() + torch.arange(spacing.shape[1], device=spacing.device)


class Coupled(nn.Module):
    """Ids that tokens of source and target share (see models/layers/couplings.py); the decoder's first input has id 0.

    offset: in training a random number up to this, one a row, is added to all ids; digits_only: not to ids of 0
    """

    def __init__(self, couple: str, delimiter: int, offset: int, *, digits_only: bool) -> None:
        super().__init__()
        if min(delimiter, offset) < 0:
            raise ValueError(f"delimiter and offset must be 0 or more; got {delimiter} and {offset}")
        self.couple = couple
        self.delimiter = delimiter
        self.offset = offset
        self.digits_only = digits_only

    def source(self, source: Tensor, length: Tensor) -> Placed:
        """Append the marker, where there is one, and couple the tokens."""
        real = length
        if self.couple in MARKED:
            source, length = with_marker(source, length)
        ids = source_ids(source, real, self.couple, self.delimiter)
        kinds = source_kinds(source, real, self.couple, self.delimiter)
        offset = torch.zeros_like(length)
        if self.training and self.offset:
            offset = torch.randint_like(length, self.offset + 1)
        return Placed(source, length, self.moved(ids, offset), kinds, (offset,))

    def target(self, row: tuple[Tensor, ...], first: int, steps: int) -> Tensor:
        """Count from 0."""
        ids = torch.arange(first, first + steps, device=row[0].device).expand(len(row[0]), -1)
        return self.moved(ids, row[0])

    def moved(self, ids: Tensor, offset: Tensor) -> Tensor:
        """Add each row's offset (batch,) to its ids (batch, time)."""
        later = ids + offset[:, None]
        return later.where(ids > 0, 0) if self.digits_only else later

    def most(self, source_time: int, steps: int) -> int:
        """The longer of the two, and the offset."""
        return max(source_time + 1, steps) + (self.offset if self.training else 0)
