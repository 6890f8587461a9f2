"""How read heads move when each is at one place: what `head_steps` does hard, by the number of the place."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from models.layers.head_commands import WAYS, Commands
from models.layers.head_steps import COVERED, Standing

CONTENT, FOLLOWING = WAYS.index("content"), WAYS.index("next")


class Places(NamedTuple):
    """Where heads stand: place (batch, heads); last (batch, 1), that of the mark behind the source.

    classes (batch, heads, places): the kind of the token there, with the number of kinds added where it is covered, and
    twice this in padding
    """

    place: Tensor
    last: Tensor
    classes: Tensor


def places_of(standing: Standing, tokens: Tensor, length: Tensor, kinds: int) -> Places:
    """Return where hard heads stand over tokens (batch, places) of a length (batch,)."""
    weights, covered = standing
    last = length[:, None] - 1
    classes = tokens[:, None] + kinds * covered.long()
    padding = torch.arange(tokens.shape[1], device=tokens.device) > last[..., None]
    return Places(weights.argmax(-1), last, classes.masked_fill(padding, 2 * kinds))


def standing_of(places: Places, under: Tensor) -> Standing:
    """Return the same with weights over all places; under (.., kinds): numbers for each kind of token."""
    every, kinds = torch.arange(places.classes.shape[2], device=places.place.device), under.shape[-1]
    weights = every == places.place[..., None]
    covered = (places.classes >= kinds) & (places.classes < 2 * kinds)
    return Standing(weights.to(under.dtype), covered.to(under.dtype))


def gone(places: Places, commands: Commands) -> Places:
    """Take one step; the classes are changed in place."""
    place, last, classes = places
    kinds = commands.match.shape[-1]
    way, shift = commands.way.argmax(-1, keepdim=True), commands.shift.argmax(-1) - 1
    content, following = sought(commands, places, way == CONTENT), scanned(commands, places, way == FOLLOWING)
    leads = torch.stack([place, torch.zeros_like(place), last.expand_as(place), content, following], -1)
    place = (leads.gather(-1, way)[..., 0] + shift).clamp(min=0).minimum(last)
    here, there = place[..., None], classes.gather(2, place[..., None])
    fresh = (there < kinds) & (here < last[..., None])
    classes.scatter_(2, here, there + kinds * fresh)
    return Places(place, last, classes)


def sought(commands: Commands, places: Places, wanted: Tensor) -> Tensor:
    """Return where content leads (batch, heads) where that is wanted (batch, heads, 1)."""
    covered = commands.content + (commands.left + COVERED).log()
    scores = torch.cat([commands.content, covered, covered.new_full((*covered.shape[:2], 1), -torch.inf)], -1)
    rows = of_interest(wanted)
    best = scores.flatten(0, 1)[rows].gather(1, places.classes.flatten(0, 1)[rows]).argmax(1)
    return torch.zeros_like(places.place).flatten().index_copy(0, rows, best).view_as(places.place)


def scanned(commands: Commands, places: Places, wanted: Tensor) -> Tensor:
    """Return where the first match to the right is (batch, heads) where that is wanted (batch, heads, 1)."""
    place, last, classes = places
    ends = torch.cat([commands.match, commands.match * commands.left, torch.zeros_like(commands.left)], -1) > 0.5
    rows = of_interest(wanted)
    place, last = (part.flatten()[rows, None] for part in (place, last.expand_as(place)))
    found = ends.flatten(0, 1)[rows].gather(1, classes.flatten(0, 1)[rows])
    every = torch.arange(classes.shape[2], device=rows.device)
    first = ((found & (every > place)) | (every == last)).to(torch.uint8).argmax(1)
    return torch.zeros_like(places.place).flatten().index_copy(0, rows, first).view_as(places.place)


def of_interest(wanted: Tensor) -> Tensor:
    """Return the numbers of the heads of all rows that want to know (batch, heads, 1), which few do.

    On a GPU, where a shape that depends on data costs more than it saves, all are.
    """
    if wanted.device.type == "cpu":
        return wanted.flatten().nonzero()[:, 0]
    return torch.arange(wanted.numel(), device=wanted.device)
