"""How read heads move when each is at one place: what `head_steps` does hard, by the number of the place.

A step costs the same however long the source is, but where what a head looks for is far from where it may first be.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from models.layers.head_commands import WAYS, Commands
from models.layers.head_steps import COVERED

CONTENT, FOLLOWING = WAYS.index("content"), WAYS.index("next")
NEAR = 64  # how many places are looked at first


class Source(NamedTuple):
    """What heads stand on: tokens (batch, places) of so many kinds; last (batch, 1), where the mark behind it is."""

    tokens: Tensor
    last: Tensor
    kinds: int


class Places(NamedTuple):
    """Where heads stand: place (batch, heads), and which places each has read, covered (batch, heads, places).

    A class of places has a kind of token and is open, or covered: the number of kinds more.
    open (batch, heads, kinds): how many places of a kind are; bound (batch, heads, 2 kinds): before which place there
    is none of a class, the number of places where none is covered
    """

    place: Tensor
    covered: Tensor
    open: Tensor
    bound: Tensor

    @property
    def where(self) -> Tensor:
        """The places where heads are (batch, heads)."""
        return self.place


def places_at(place: Tensor, source: Source) -> Places:
    """Return heads at a place (batch, heads) that have read nothing."""
    tokens, last, kinds = source
    real = torch.arange(tokens.shape[1], device=place.device) <= last
    of_kind = tokens.new_zeros(len(tokens), kinds).scatter_add(1, tokens, real.long())
    none = place.new_full((*place.shape, kinds), tokens.shape[1])
    covered = torch.zeros(*place.shape, tokens.shape[1], dtype=torch.bool, device=place.device)
    return Places(place, covered, of_kind[:, None].expand_as(none), torch.cat([torch.zeros_like(none), none], -1))


def gone(places: Places, commands: Commands, source: Source) -> Places:
    """Take one step; what is covered is changed in place."""
    tokens, last, kinds = source
    place, covered, *_ = places
    way, shift = commands.way.argmax(-1, keepdim=True), commands.shift.argmax(-1) - 1
    content, bound = sought(commands, places, source, way == CONTENT)
    following = scanned(commands, places, source, way == FOLLOWING)
    leads = torch.stack([place, torch.zeros_like(place), last.expand_as(place), content, following], -1)
    place = (leads.gather(-1, way)[..., 0] + shift).clamp(min=0).minimum(last)

    here, kind, inner = place[..., None], tokens.gather(1, place)[..., None], (place < last)[..., None]
    fresh = inner & ~covered.gather(2, here)
    covered.scatter_(2, here, inner)
    still_open = places.open.scatter_add(2, kind, -fresh.long())
    bound = bound.scatter_reduce(2, kinds + kind, here.where(inner, tokens.shape[1]), "amin")
    return Places(place, covered, still_open, bound)


def sought(commands: Commands, places: Places, source: Source, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Return where content leads (batch, heads) where that is wanted (batch, heads, 1), and the bounds then known."""
    bound, count = places.bound, source.tokens.shape[1]
    scores = torch.cat([commands.content, commands.content + (commands.left + COVERED).log()], -1)
    there = torch.cat([places.open > 0, bound[..., source.kinds :] < count], -1)
    scores = scores.masked_fill(~there, -torch.inf)
    best = there & (scores == scores.amax(-1, keepdim=True))
    found = first_of(best, bound.where(best, count).amin(-1), places, source, wanted)
    return found, bound.maximum(found[..., None]).where(best & wanted, bound)


def scanned(commands: Commands, places: Places, source: Source, wanted: Tensor) -> Tensor:
    """Return where the first match to the right is (batch, heads) where that is wanted (batch, heads, 1)."""
    ends = torch.cat([commands.match, commands.match * commands.left], -1) > 0.5
    return first_of(ends, (places.place + 1).minimum(source.last), places, source, wanted)


def first_of(classes: Tensor, start: Tensor, places: Places, source: Source, wanted: Tensor) -> Tensor:
    """Return the first place from a start (batch, heads) on that is of the classes (batch, heads, 2 kinds), or last.

    0 where that is not wanted (batch, heads, 1). On a GPU, where a shape that depends on data costs more than it saves,
    all places of all heads are looked at.
    """
    tokens, last, kinds = source
    heads, count = start.shape[1], tokens.shape[1]
    start, classes, covered = start.flatten(), classes.flatten(0, 1), places.covered.flatten(0, 1)

    def within(rows: Tensor, width: int) -> tuple[Tensor, Tensor]:
        """Look at so many places -> the first (rows,), whether there is one (rows,)."""
        place = (start[rows, None] + torch.arange(width, device=rows.device)).clamp(max=count - 1)
        sources, numbers = (rows // heads)[:, None], rows[:, None]
        right = classes[numbers, tokens[sources, place] + kinds * covered[numbers, place]] | (
            place == last[sources[:, 0]]
        )
        first = right.to(torch.uint8).argmax(1, keepdim=True)
        return place.gather(1, first)[:, 0], right.gather(1, first)[:, 0]

    if start.device.type != "cpu":
        return within(torch.arange(len(start), device=start.device), count)[0].view_as(places.place)
    found, rows = torch.zeros_like(start), wanted.flatten().nonzero()[:, 0]
    for width in (NEAR, count):
        if not len(rows):
            break
        first, there = within(rows, width)
        found[rows] = first
        rows = rows[~there]
    return found.view_as(places.place)
