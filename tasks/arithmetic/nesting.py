"""How operations are nested in one another, where the tokens of a bracketed expression then stand, and its value.

An expression of n operations is ( left middle right ), whose sides are operands, or expressions of n - 1 operations in
all. Operations are counted in the order of their middles, operands in theirs, so that operation i stands between
operands i and i + 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from tasks.base import before

FAR = (1, 2, 5, 10, 15, 20, 25, 30, 40, 60, 100, 200, 400, 1000)  # where those that train up to 10 are evaluated


def draw_turns(shape: str, length: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Draw numbers, the outermost operation's the least, and so on at either side of it.

    length (batch,), of operations -> (batch, most), whatever past each length
    "split": any operation is the outermost, all alike, and so on. "chain": each operation but the deepest has another
    one at one side, at random the left or the right; always the "left" or the "right", or in turns ("zigzag").
    "balanced": none is deeper than so many need be.
    """
    rows, device = (len(length), most), generator.device
    time = torch.arange(most, device=device).expand(rows)
    if shape == "split":
        return torch.rand(rows, generator=generator, device=device)
    if shape == "balanced":
        return -((time + 1) & -(time + 1))  # the greatest power of 2 that divides: the half, the quarters, ..
    if shape == "chain":
        to_the_right = torch.randint(2, rows, generator=generator, device=device) == 1
    else:
        to_the_right = {"left": time < 0, "right": time >= 0, "zigzag": time % 2 == 0}[shape]
    place = torch.where(to_the_right, time, 2 * most - time)  # what nests to the right stands before all inside it
    return place.masked_fill(~before(length, most), 3 * most).argsort(1)


@dataclass(frozen=True)
class Nesting:
    """Where operations are nested, and where the tokens are then, in rows of `width` places counted from 0.

    order (batch, most): operations, each before those inside it
    level (batch, most): of each operation, 1 for the outermost; 0 past a row's own
    operand (batch, most + 1), opening, middle, closing (batch, most): places of operands and of the three tokens of
    each operation; past a row's own, places behind its end
    """

    width: int
    order: Tensor
    level: Tensor
    operand: Tensor
    opening: Tensor
    middle: Tensor
    closing: Tensor

    def laid(self, operand: Tensor, opening: Tensor | int, middle: Tensor | int, closing: Tensor | int) -> Tensor:
        """Put tokens, of the shapes of their places or all alike, in rows (batch, width) of zeros."""
        rows = operand.new_zeros(len(operand), self.width).scatter(1, self.operand, operand)
        rows = rows.scatter(1, self.opening, opening).scatter(1, self.middle, middle)
        return rows.scatter(1, self.closing, closing)


def nest(turn: Tensor, length: Tensor) -> Nesting:
    """Nest each operation inside those whose turns (batch, most) are before its own; length (batch,), of operations."""
    most, inside = turn.shape[1], before(length, turn.shape[1])
    width = 4 * most + 3
    order = turn.double().masked_fill(~inside, math.inf).argsort(dim=1, stable=True)
    level, first, last = _tree(order)
    level = level.masked_fill(~inside, 0)
    to_left, to_right = pad(level, (1, 0)), pad(level, (0, 1))  # of the operations beside each operand
    behind = ((to_right - to_left).abs() + 2).cumsum(1)  # its brackets, the operand, a middle
    operand = behind - 2 - (to_left - to_right).clamp(min=0)
    depth = torch.maximum(to_left, to_right)
    opening = (operand - depth).gather(1, first) + level - 1
    last = last.minimum(length[:, None])  # in the tree the operations past a row's own are at its right
    closing = (operand + depth).gather(1, last) - level + 1
    tokens = [place.masked_fill(~inside, width - 2) for place in (opening, behind[:, :-1] - 1, closing)]
    return Nesting(width, order, level, operand, *tokens)


def _tree(order: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Build search trees that take operations in an order -> the level, first and last operand of each.

    All of (batch, most). An operation reaches to its neighbours among those taken before it, and is one level below the
    deeper one. Removed from a list of all in the reverse order, each has these neighbours when it leaves.
    """
    rows, most = order.shape
    start = torch.arange(rows, device=order.device)[:, None] * (most + 2)  # of a row, between two ends at level 0
    everywhere = torch.arange(rows * (most + 2), device=order.device)
    left, right, turns = everywhere - 1, everywhere + 1, (start + 1 + order).t().contiguous()
    for taken in reversed(turns.unbind()):
        to_left, to_right = left.gather(0, taken), right.gather(0, taken)
        right.scatter_(0, to_left, to_right)
        left.scatter_(0, to_right, to_left)
    level = torch.zeros_like(everywhere)
    for taken, to_left, to_right in zip(turns, left[turns], right[turns], strict=True):
        level.scatter_(0, taken, 1 + torch.maximum(level.gather(0, to_left), level.gather(0, to_right)))
    level, left, right = (each.view(rows, -1)[:, 1:-1] for each in (level, left, right))
    return level, left - start, right - start - 1


def evaluated(nesting: Nesting, operand: Tensor, function: Tensor, results: Tensor) -> Tensor:
    """Return what the part of an expression that begins or ends at each place is worth (batch, width); at 0, the whole.

    operand (batch, most + 1); function (batch, most), of each operation; results (functions, values, values)
    Operations are done from the inside, one of each row at a time, and leave their value at both their brackets, where
    the one around them finds it.
    """
    rows, values, table = len(operand), results.shape[-1], results.flatten()
    value = operand.new_zeros(rows, nesting.width).scatter(1, nesting.operand, operand).flatten()
    start = torch.arange(rows, device=operand.device)[:, None] * nesting.width
    middle = start + nesting.middle
    parts = (middle - 1, middle + 1, start + nesting.opening, start + nesting.closing, values**2 * function)
    in_order = [part.gather(1, nesting.order).t().contiguous().unbind() for part in parts]
    for to_left, to_right, opening, closing, chosen in zip(*map(reversed, in_order), strict=True):
        left, right = value.gather(0, to_left), value.gather(0, to_right)
        found = table.gather(0, torch.add(right, left, alpha=values) + chosen)
        value.scatter_(0, opening, found).scatter_(0, closing, found)
    return value.view(rows, -1)
