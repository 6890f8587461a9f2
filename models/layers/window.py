"""A window of places around each head: all it needs of a long source while it stands at one place."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from models.layers.moves import REACH, Elsewhere, Ground

WIDTH = 64  # places in a window


class Window(NamedTuple):
    """Where heads look: the window's first place (batch, heads), the weights in it (batch, heads, WIDTH).

    floor (batch, heads): the weight of each other real place; stray (batch, heads): by how much the weights of all
    these depart from it in sum, at most
    """

    first: Tensor
    weights: Tensor
    floor: Tensor
    stray: Tensor

    @property
    def places(self) -> Tensor:
        """The places of the window (batch, heads, WIDTH)."""
        return self.first[..., None] + torch.arange(WIDTH, device=self.first.device)

    def whole(self, real: Tensor) -> Tensor:
        """Return the weights at all places (batch, heads, places); real (batch, places)."""
        return (self.floor[..., None] * real[:, None]).scatter(2, self.places, self.weights)

    def followed(self, places: int) -> Window:
        """Return the window around where its head stands now, of so many places."""
        first = beginning(self.first + self.weights.argmax(-1), places)
        moved, floor = (first - self.first)[..., None], self.floor[..., None]
        index = torch.arange(WIDTH, device=first.device) + moved  # of the new places in the old window
        inside = (index >= 0) & (index < WIDTH)
        weights = torch.where(inside, self.weights.gather(2, index.clamp(0, WIDTH - 1)), floor)
        back = index - 2 * moved  # of the old places in the new one
        left = ((self.weights - floor).abs() * ((back < 0) | (back >= WIDTH))).sum(-1)
        return Window(first, weights, self.floor, self.stray + left)


def window_of(weights: Tensor, real: Tensor) -> Window:
    """Return the window around where each head stands: weights (batch, heads, places), real (batch, places)."""
    first = beginning(weights.argmax(-1), weights.shape[2])
    places = first[..., None] + torch.arange(WIDTH, device=first.device)
    outside = real[:, None].expand(weights.shape).scatter(2, places, torch.zeros_like(places, dtype=torch.bool))
    floor = (weights * outside).sum(-1) / outside.sum(-1).clamp(min=1)
    stray = ((weights - floor[..., None]).abs() * outside).sum(-1)
    return Window(first, weights.gather(2, places), floor, stray)


def beginning(centre: Tensor, places: int) -> Tensor:
    """Return the first place of the window around a centre."""
    return (centre - WIDTH // 2).clamp(0, places - WIDTH)


class Sight(NamedTuple):
    """What is seen of a source through windows.

    states (batch, heads, WIDTH, width), mean (batch, heads, width): that of the real places elsewhere; written (batch,
    WIDTH): in the first head's window; open (batch, heads, WIDTH): 1 at places from which a step may leave the window
    for a real place, else 0; left_out: the other places
    """

    ground: Ground
    states: Tensor
    mean: Tensor
    written: Tensor
    open: Tensor
    left_out: Elsewhere


class Source(NamedTuple):
    """What the steps need of a source.

    states (batch, places, width); tokens (batch, places), and as a pointer writes them; length (batch,); once
    `counted`: total (batch, width), the sum of the states; kinds, counts: of the tokens, see `Elsewhere`
    """

    states: Tensor
    tokens: Tensor
    written: Tensor
    length: Tensor
    ground: Ground
    total: Tensor = torch.zeros(())
    kinds: Tensor | None = None
    counts: Tensor | None = None

    @property
    def real(self) -> Tensor:
        """Which places are real (batch, places)."""
        return self.ground.barred[:, 0] == 0

    def counted(self) -> Source:
        """Return it with its total, and with its kinds of tokens where the move tells them apart."""
        keys, tokens = self.ground.keys, self.tokens
        total = (self.real.to(self.states.dtype)[:, None] @ self.states)[:, 0]
        if keys is None:
            return self._replace(total=total)
        place = torch.arange(tokens.shape[1], device=tokens.device).expand_as(tokens)
        size = int(tokens.max()) + 1
        known = tokens.masked_fill(place >= self.length[:, None], size)  # what is padded counts by itself
        counts = keys.new_zeros(len(tokens), size + 1)
        counts = counts.scatter_add(1, known, torch.ones_like(known, dtype=keys.dtype))[:, None, :size]
        example = known.new_zeros(len(tokens), size + 1).scatter(1, known, place)[:, None, :size]
        return self._replace(total=total, kinds=at(keys[:, 0], example), counts=counts)

    def through(self, window: Window) -> Sight:
        """Return what is seen through a window."""
        places, end = window.places, window.first + WIDTH
        step = torch.arange(WIDTH, device=places.device)
        left = (window.first > 0)[..., None] & (step < REACH)
        right = (end < self.length[:, None])[..., None] & (step >= WIDTH - REACH)
        many = (window.first + (self.length[:, None] - end).clamp(min=0)).to(self.states.dtype)
        states, barred = at(self.states, places), at(self.ground.barred[:, 0], places)
        rest = self.total[:, None] - (states * (barred == 0)[..., None]).sum(2)
        keys = None if self.ground.keys is None else at(self.ground.keys[:, 0], places)
        return Sight(
            Ground(barred, keys),
            states,
            rest / many.clamp(min=1)[..., None],
            at(self.written, places[:, :1])[:, 0],
            (left | right).to(self.states.dtype),
            Elsewhere(many, self.kinds, self.counts),
        )


def at(values: Tensor, places: Tensor) -> Tensor:
    """Gather by place: values (batch, places, ...), places (batch, heads, some) -> (batch, heads, some, ...)."""
    return values[torch.arange(len(values), device=values.device)[:, None, None], places]
