"""How attention moves along a source from one step to the next, and where it begins."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.base import Memory

SMALLEST = 1e-8  # what a place keeps before sharpening, so that its logarithm is finite
DIRECTION = 2.0  # how much a move in the expected direction is preferred at first
FILTERS, REACH = 16, 2  # of the convolution: how many, and how many places to either side they see


class Ground(NamedTuple):
    """What a move needs of the places that heads may stand at; it is the same at every step.

    barred (batch, 1 or heads, places): 0 where a place is real, -inf in padding; keys: what `Convolution` makes of each
    place (batch, 1 or heads, places, width)
    """

    barred: Tensor
    keys: Tensor | None = None


class Elsewhere(NamedTuple):
    """The places that a window leaves out.

    many (batch, heads): how many; keys (batch, 1, kinds, width), counts (batch, 1, kinds): what `Convolution` makes of
    each kind of token of the whole source, and how often that stands there
    """

    many: Tensor
    keys: Tensor | None = None
    counts: Tensor | None = None


class Shift(nn.Module):
    """Each head moves by -1, 0 or +1 place and is then sharpened.

    A convolution of the weights with three learnt shares, then a power and renormalisation, as a Neural Turing Machine
    moves its heads (Graves et al. 2014, arXiv 1410.5401, equations 8 and 9), without content.
    """

    def __init__(self, driver: int, heads: int, direction: int) -> None:
        super().__init__()
        self.heads = heads
        self.shares = nn.Linear(driver, 3 * heads)
        self.power = nn.Linear(driver, heads)
        with torch.no_grad():
            self.shares.bias.view(heads, 3)[:, 1 + direction] += DIRECTION * abs(direction)

    def forward(self, weights: Tensor, drive: Tensor, memory: Memory) -> Tensor:
        """Move weights (batch, heads, places) as drive (batch, driver) says."""
        return self.scores(weights, self.command(drive), self.ground(memory)).softmax(-1)

    def ground(self, memory: Memory) -> Ground:
        """Return what every step needs of a source's places."""
        return Ground(barred(memory))

    def command(self, drive: Tensor) -> Tensor:
        """Return each head's shares of left, stay and right, and its power: drive (batch, driver) -> (4, .., 1)."""
        shares = self.shares(drive).unflatten(-1, (-1, 3)).softmax(-1)
        power = 1 + F.softplus(self.power(drive))
        return torch.cat([shares, power[..., None]], -1).movedim(-1, 0)[..., None]

    def scores(self, weights: Tensor, command: Tensor, ground: Ground) -> Tensor:
        """Return the logarithms of the new weights, but for a constant: weights (batch, heads, places)."""
        left, stay, right, power = command
        wide = F.pad(weights, (1, 1))
        moved = torch.addcmul(torch.addcmul(stay * weights, left, wide[..., 2:]), right, wide[..., :-2])
        return power * (moved + SMALLEST).log() + ground.barred

    def elsewhere(self, floor: Tensor, stray: Tensor, command: Tensor, left_out: Elsewhere) -> Tensor:
        """Return what the places outside a window score together by their floor, and at most by what strays from it.

        floor, stray (batch, heads), see `Window` -> (batch, heads, 2). Where all weights are alike they stay so but at
        the source's ends; what strays is sharpened by a power above 1, and weighs most when it is all at one place.
        """
        power = command[3, ..., 0]
        alike, one = power * (floor + SMALLEST).log(), power * (floor + stray + SMALLEST).log()
        return torch.stack([alike + left_out.many.log(), one + (-torch.expm1(alike - one)).log()], -1)


class Convolution(nn.Module):
    """Each head scores every place by the state, the place's token and a convolution of the weights before.

    score = scale * v . tanh(W state + U token + F conv(weights)) (Chorowski et al. 2015, arXiv 1506.07503)
    """

    def __init__(self, driver: int, width: int, heads: int) -> None:
        super().__init__()
        self.state = nn.Linear(driver, width)
        self.key = nn.Linear(width, width, bias=False)
        self.filters = nn.Conv1d(1, FILTERS, 2 * REACH + 1, padding=REACH, bias=False)
        self.place = nn.Linear(FILTERS, width, bias=False)
        self.score = nn.Linear(width, 1, bias=False)
        self.scale = nn.Parameter(torch.full((heads,), 4.0))
        self.head = nn.Parameter(torch.randn(heads, 1, width) / width**0.5)

    def forward(self, weights: Tensor, drive: Tensor, memory: Memory) -> Tensor:
        """Place weights (batch, heads, places) anew as drive (batch, driver) says."""
        return self.scores(weights, self.command(drive), self.ground(memory)).softmax(-1)

    def ground(self, memory: Memory) -> Ground:
        """Return what every step needs of a source's places."""
        return Ground(barred(memory), self.key(memory.states)[:, None])

    def command(self, drive: Tensor) -> Tensor:
        """Return what the state adds at every place: drive (batch, driver) -> (batch, heads, 1, width)."""
        return self.state(drive)[:, None, None] + self.head

    def scores(self, weights: Tensor, command: Tensor, ground: Ground) -> Tensor:
        """Return the scores of all places: weights (batch, heads, places)."""
        assert ground.keys is not None
        kernel = self.place.weight @ self.filters.weight[:, 0]  # both are linear: (width, 2 REACH + 1)
        located = F.pad(4 * weights, (REACH, REACH)).unfold(2, 2 * REACH + 1, 1) @ kernel.T
        return self.scored(command + ground.keys + located) + ground.barred

    def scored(self, inner: Tensor) -> Tensor:
        """Return the scores of what is added up (batch, heads, places, width)."""
        return self.scale[:, None] * self.score(inner.tanh()).squeeze(-1)

    def elsewhere(self, floor: Tensor, stray: Tensor, command: Tensor, left_out: Elsewhere) -> Tensor:
        """Return what the places outside a window score together, as strays: (batch, heads, 2).

        It is exact where they had no weight; there is no floor that they would share.
        """
        assert left_out.keys is not None
        assert left_out.counts is not None
        scores = self.scored(command + left_out.keys) + left_out.counts.log()
        together = torch.where(left_out.many > 0, scores.logsumexp(-1), -torch.inf)
        return torch.stack([torch.full_like(together, -torch.inf), together], -1)


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


def barred(memory: Memory) -> Tensor:
    """Return -inf in the padding of a source and 0 elsewhere (batch, 1, places)."""
    assert memory.states is not None
    mask = memory.mask
    return memory.states.new_zeros(mask.shape).masked_fill(~mask, -torch.inf)[:, None]


def place_of(tokens: Tensor, length: Tensor, wanted: int, count: int) -> Tensor:
    """Return where a token stands for the count-th time (from 1) in tokens (batch, places), else its last place."""
    found = tokens == wanted
    hit = found & (found.cumsum(1) == count)
    return torch.where(hit.any(1), hit.long().argmax(1), length - 1)
