"""A read head's step in plain Python, one row and one head, place by place."""

from __future__ import annotations

import math
from typing import NamedTuple

STAY, BEGIN, END, CONTENT, NEXT = range(5)


class Told(NamedTuple):
    """What one head is told: scores of the five ways and of left, none and right; the rest as `Commands` has it."""

    way: list[float]
    shift: list[float]
    power: float
    left: float
    content: list[float]
    match: list[float]


def softmax(scores: list[float]) -> list[float]:
    top = max(scores)
    raised = [math.exp(each - top) for each in scores]
    return [each / sum(raised) for each in raised]


def whole(scores: list[float]) -> list[float]:
    best = scores.index(max(scores))
    return [float(index == best) for index in range(len(scores))]


def next_of(weights: list[float], found: list[float]) -> list[float]:
    """Share each place's weight among those to its right: found[j] times what was not found in between."""
    end, shares = len(weights) - 1, [0.0] * len(weights)
    shares[end] = weights[end]
    for here in range(end):
        for place in range(here + 1, end + 1):
            missed = math.prod(1 - found[between] for between in range(here + 1, place))
            shares[place] += weights[here] * missed * (1.0 if place == end else found[place])
    return shares


def step(
    weights: list[float], covered: list[float], kinds: list[int], told: Told, hard: bool
) -> tuple[list[float], list[float]]:
    """Take one step over the places of a source between its marks -> weights and covered."""
    end, choose = len(kinds) - 1, whole if hard else softmax
    left = [1 - (1 - told.left) * each for each in covered]
    scores = [told.content[kind] + math.log(max(each, 1e-30)) for kind, each in zip(kinds, left, strict=True)]
    found = [told.match[kind] * each for kind, each in zip(kinds, left, strict=True)]
    if hard:
        found = [float(each > 0.5) for each in found]
    marks = [[float(place == mark) for place in range(end + 1)] for mark in (0, end)]
    bases = [weights, *marks, choose(scores), next_of(weights, found)]
    shares = choose(told.way)
    placed = [sum(share * base[place] for share, base in zip(shares, bases, strict=True)) for place in range(end + 1)]
    after = [0.0] * (end + 1)
    for place, weight in enumerate(placed):
        for by, share in zip((-1, 0, 1), choose(told.shift), strict=True):
            after[min(max(place + by, 0), end)] += share * weight
    if not hard:
        raised = [(each + 1e-8) ** told.power for each in after]
        after = [each / sum(raised) for each in raised]
    covers = [min(1.0, old + new) for old, new in zip(covered, after, strict=True)]
    return after, [*covers[:-1], covered[-1]]
