"""Pairs of numbers to be added, as digits with the lowest first: random ones, and ones whose carries are chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from tasks.base import before

SUM_KINDS = ("carry_chain", "nines_plus_one", "no_carry", "unequal")
HEAVY_PLACES = 0.9  # of a carry-heavy sum: how many places sum to base - 1, so that a carry goes on


@dataclass(frozen=True)
class Number:
    """Whole numbers: digits (batch, places), lowest first, zeros above; count (batch,) of digits."""

    digits: Tensor
    count: Tensor


Pair = tuple[Number, Number]


def draw_number(count: Tensor, places: int, base: int, generator: torch.Generator) -> Number:
    """Draw numbers of exactly `count` (batch,) digits, uniform."""
    shape, device = (len(count), places), generator.device
    digits = torch.randint(0, base, shape, generator=generator, device=device)
    leading = torch.randint(1, base, shape, generator=generator, device=device)
    place = torch.arange(places, device=device)
    digits = torch.where(place == count[:, None] - 1, leading, digits)
    return Number(digits.masked_fill(place >= count[:, None], 0), count)


def draw_count(length: Tensor, most: int, shortest: int, base: int, generator: torch.Generator) -> Tensor:
    """Draw how many digits numbers of at most `length` (batch,) have: of `shortest` or more, by shares of this base.

    Base 10 makes numbers uniform, base 1 numbers of digits.
    """
    choices = length - length.clamp(max=shortest) + 1  # how many numbers of digits are possible
    shares = _shares_by_missing_digits(most, base, generator.device)
    missing = (_uniform((len(length), 1), generator) >= shares[choices - 1]).sum(1)
    return length - missing.minimum(choices - 1)


def draw_up_to(least: Tensor, most: Tensor, generator: torch.Generator) -> Tensor:
    """Draw whole numbers, uniform from `least` to `most`, two of one shape."""
    return least + (_uniform(least.shape, generator) * (most - least + 1)).long()


def either_first(one: Number, other: Number, generator: torch.Generator) -> Pair:
    """Put either number first, at random for each row."""
    swap = torch.randint(2, one.count.shape, generator=generator, device=generator.device).bool()
    return _where(swap, other, one), _where(swap, one, other)


def make_carries(left: Number, right: Number, base: int, chosen: Tensor, generator: torch.Generator) -> Pair:
    """Redraw the digits at chosen places (batch, places) so that they sum to base - 1; leading digits stay above zero.

    Where one number has no digit, the other's is base - 1. Where neither has or no such digits exist, all stays.
    """
    least_left, least_right, possible = _least_digits(left, right, base)
    place = torch.arange(left.digits.shape[1], device=left.digits.device)
    most = torch.where(place < left.count[:, None], base - 1 - least_right, 0)
    least = torch.where(place < right.count[:, None], least_left, most)
    first = draw_up_to(least, most.maximum(least), generator)
    changed = chosen & possible
    return _redrawn(left, first, changed), _redrawn(right, base - 1 - first, changed)


def draw_sums(kind: str, length: Tensor, places: int, base: int, generator: torch.Generator) -> Pair:
    """Draw two numbers, the longer of exactly `length` (batch,) digits, of one of SUM_KINDS; which is first is random.

    "carry_chain": the lowest place carries, every other sums to base - 1, so that the carry runs through the whole
    number. "nines_plus_one": 99..9 and 1. "no_carry": no place sums to more than base - 1. "unequal": the other number
    has at most a tenth of the digits, or one. In the first and third kind both numbers have all digits; only in base 2,
    where two leading digits make a carry, the other has one less, and is 0 in a sum of one digit without a carry.
    """
    draw = {"carry_chain": _carry_chain, "no_carry": _no_carry, "nines_plus_one": _nines, "unequal": _unequal}[kind]
    return either_first(*draw(length, places, base, generator), generator)


def _carry_chain(length: Tensor, places: int, base: int, generator: torch.Generator) -> Pair:
    place = torch.arange(places, device=generator.device).expand(len(length), places)
    left, right = make_carries(*_of_one_length(length, places, base, generator), base, place > 0, generator)
    most = torch.full_like(length, base - 1)
    first = draw_up_to(torch.ones_like(length), most, generator)
    second = draw_up_to(base - first, most, generator)
    return _redrawn(left, first[:, None], place == 0), _redrawn(right, second[:, None], place == 0)


def _no_carry(length: Tensor, places: int, base: int, generator: torch.Generator) -> Pair:
    left, right = _of_one_length(length, places, base, generator)
    least_left, least_right, _ = _least_digits(left, right, base)
    least_right = least_right.minimum(base - 1 - least_left)
    first = draw_up_to(least_left, base - 1 - least_right, generator)
    second = draw_up_to(least_right, base - 1 - first, generator)
    return _redrawn(left, first, before(left.count, places)), _redrawn(right, second, before(right.count, places))


def _nines(length: Tensor, places: int, base: int, generator: torch.Generator) -> Pair:
    nines = before(length, places).long() * (base - 1)
    ones = torch.ones_like(length)
    return Number(nines, length), Number(before(ones, places).long(), ones)


def _unequal(length: Tensor, places: int, base: int, generator: torch.Generator) -> Pair:
    count = draw_up_to(torch.ones_like(length), (length // 10).clamp(min=1), generator)
    return draw_number(length, places, base, generator), draw_number(count, places, base, generator)


def _of_one_length(length: Tensor, places: int, base: int, generator: torch.Generator) -> Pair:
    """Draw two numbers of as many digits, or of one less in base 2."""
    less = length if base > 2 else (length - 1).clamp(min=1)
    return draw_number(length, places, base, generator), draw_number(less, places, base, generator)


def _least_digits(left: Number, right: Number, base: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return each number's least digits, 1 where it leads, and where they leave room for a sum of base - 1.

    Three of (batch, places).
    """
    place = torch.arange(left.digits.shape[1], device=left.digits.device)
    leads = [(place == number.count[:, None] - 1).long() for number in (left, right)]
    inside = place < torch.maximum(left.count, right.count)[:, None]
    return leads[0], leads[1], inside & (leads[0] + leads[1] < base)


def _redrawn(number: Number, digits: Tensor, changed: Tensor) -> Number:
    return Number(torch.where(changed, digits, number.digits), number.count)


def _where(chosen: Tensor, one: Number, other: Number) -> Number:
    digits = torch.where(chosen[:, None], one.digits, other.digits)
    return Number(digits, torch.where(chosen, one.count, other.count))


def _uniform(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    return torch.rand(tuple(shape), generator=generator, device=generator.device, dtype=torch.float64)


@cache
def _shares_by_missing_digits(most: int, base: int, device: torch.device) -> Tensor:
    """Return (most, most): row n - 1, cumulative shares of 0, 1, .. missing digits, n being possible."""
    rows = []
    for possible in range(1, most + 1):
        weights = [float(base) ** -missing for missing in range(possible)]
        total, running, row = sum(weights), 0.0, []
        for weight in weights:
            running += weight / total
            row.append(running)
        rows.append(row + [2.0] * (most - possible))
    return torch.tensor(rows, dtype=torch.float64, device=device)
