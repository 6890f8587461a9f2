"""How read heads move as shares over all places, so that a gradient sees each way that they might have gone."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from models.layers.head_commands import Commands
from models.layers.scan import scan

SMALLEST = 1e-8  # what a place keeps before sharpening, so that its logarithm is finite
COVERED = 1e-30  # the same of one that is covered, before it is matched


class Ground(NamedTuple):
    """What every step needs of a source between its marks; the same at all steps.

    kinds (batch, kinds, places): 1 at the token of each place; begin (places,), end (batch, 1, places): 1 at a mark;
    real, barred (batch, 1, places): in padding 0 and -inf, elsewhere 1 and 0; place (places,): 0, 1, ..
    """

    kinds: Tensor
    begin: Tensor
    end: Tensor
    real: Tensor
    barred: Tensor
    place: Tensor


class Standing(NamedTuple):
    """Where heads stand: weights (batch, heads, places), and how much of each place they have read, covered."""

    weights: Tensor
    covered: Tensor

    @property
    def where(self) -> Tensor:
        """The places where heads are most (batch, heads)."""
        return self.weights.argmax(-1)


def ground_of(tokens: Tensor, length: Tensor, kinds: int, like: Tensor) -> Ground:
    """Return the ground of tokens (batch, places) of a length (batch,), marks counted, with numbers like `like`."""
    place, last = torch.arange(tokens.shape[1], device=tokens.device), length[:, None, None] - 1
    known = F.one_hot(tokens, kinds).to(like.dtype).transpose(1, 2)
    begin, end, real = (part.to(like.dtype) for part in (place == 0, place == last, place <= last))
    return Ground(known, begin, end, real, real.log(), place)


class Hardened(torch.autograd.Function):
    """Shares as they are while `softly`, else the hard ones; the gradient goes to the shares either way.

    Straight-through: Bengio et al. 2013, arXiv 1308.3432.
    """

    @staticmethod
    def forward(ctx: Any, shares: Tensor, hard: Tensor, softly: Tensor) -> Tensor:
        """Choose: shares and hard of one shape, softly (), a truth value on the device."""
        return torch.where(softly, shares, hard)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        """Pass the gradient on."""
        return gradient, None, None


def hardened(shares: Tensor, best: Tensor, softly: Tensor) -> Tensor:
    """Return shares (.., choices) while softly, else all for the best (.., 1) with the gradient of the shares."""
    return cast("Tensor", Hardened.apply(shares, torch.zeros_like(shares).scatter_(-1, best, 1.0), softly))


def chosen(scores: Tensor, softly: Tensor) -> Tensor:
    """Return softmax(scores) along the last dimension, or all for the best (of equal ones the first)."""
    return hardened(scores.softmax(-1), scores.argmax(-1, keepdim=True), softly)


def moved(standing: Standing, commands: Commands, ground: Ground, softly: Tensor) -> Standing:
    """Take one step: a mixture of the ways to go, then of the shifts; sharpened while softly, else whole anyway.

    What a head then reads is covered, but for the mark behind the source: that one answers when all is read.
    """
    weights, covered = standing
    covered = torch.where(softly, covered, covered.detach())
    left = torch.lerp(torch.ones_like(covered), commands.left, covered)
    stay, begin, end, content, following = chosen(commands.way, softly)[..., None].unbind(2)
    placed = torch.addcmul(stay * weights, content, sought(commands.content, left, ground, softly))
    placed = torch.addcmul(placed, following, scanned(weights, commands.match, left, ground, softly))
    placed = torch.addcmul(torch.addcmul(placed, begin, ground.begin), end, ground.end)
    weights = shifted(placed, chosen(commands.shift, softly), ground)
    sharp = torch.addcmul(ground.barred, commands.power, (weights + SMALLEST).log()).softmax(-1)
    weights = torch.where(softly, sharp, weights)
    return Standing(weights, torch.addcmul(covered, weights, 1 - ground.end).clamp(max=1))


def sought(scores: Tensor, left: Tensor, ground: Ground, softly: Tensor) -> Tensor:
    """Return where content leads: scores (batch, heads, kinds), left (batch, heads, places), of a match there."""
    return chosen(scores @ ground.kinds + (left + COVERED).log() + ground.barred, softly)


def scanned(weights: Tensor, match: Tensor, left: Tensor, ground: Ground, softly: Tensor) -> Tensor:
    """Return where the first match to the right of weights (batch, heads, places) is.

    A scan that comes by a place ends there with match (batch, heads, kinds) times left (batch, heads, places), at the
    mark behind the source always; hard: where that is above a half.
    """
    found = torch.maximum(match @ ground.kinds * left, ground.end)
    leaving = (weights * (1 - ground.end)).transpose(1, 2)
    going = scan((1 - found).transpose(1, 2), leaving, torch.zeros_like(leaving[:, 0])).transpose(1, 2)
    coming = F.pad(going[..., :-1], (1, 0))  # what has come to a place from the left of it
    behind = ground.place > weights.argmax(-1, keepdim=True)
    first = torch.maximum((found > 0.5) * behind, ground.end).argmax(-1, keepdim=True)
    return hardened(torch.addcmul(weights * ground.end, found, coming), first, softly)


def shifted(weights: Tensor, shares: Tensor, ground: Ground) -> Tensor:
    """Move weights (batch, heads, places) by shares (batch, heads, 3) of left, none and right; either mark holds."""
    left, none, right = shares[..., None].unbind(2)
    held = torch.addcmul(torch.addcmul(none, left, ground.begin), right, ground.end)
    wide = F.pad(weights, (1, 1))
    moved_on = torch.addcmul(torch.addcmul(held * weights, left, wide[..., 2:]), right, wide[..., :-2])
    return moved_on * ground.real
