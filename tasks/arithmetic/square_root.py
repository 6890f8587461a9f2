"""Square root: read a binary number, write the whole part of its root."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from tasks.arithmetic.addition import add_digits
from tasks.base import FIRST_TOKEN, PAD, Batch, Task, Tokens, before, register
from tasks.checks import check_choice
from tasks.hashing import number_hash

KINDS = ("squares", "one_less", "all_ones", "one_and_zeros")
SALT = 3  # with it some numbers of two digits are held out and none of one, which a test sees to
LIMB = 60  # binary digits that are reckoned with at once: the sum of two such numbers fits an int64
BASE = 1 << LIMB
AT_ONCE = 24  # digits of a root that float64 has right, as twice as many fit its 53


@register("square_root")
@dataclass(frozen=True, kw_only=True)
class SquareRoot(Task):
    """Write the root of a binary number, rounded down, both with the highest digit first, for example 100101 -> 110.

    After Deletang et al. 2023 (arXiv 2207.02098), context-sensitive there. A number of length n is uniform from 0 to
    2^n - 1 (theirs from 1), zeros in front filling the n digits. Its root has (n + 1) // 2 digits, zeros in front, so
    that the input says where the answer ends and there is no EOS. Held out: a fixed share of the numbers, chosen by
    hash, however many zeros stand in front; of length 1 there are two, and none is.
    """

    adversarial_kinds: ClassVar[tuple[str, ...]] = KINDS
    automaton: ClassVar[str] = "context-sensitive: a tape, as all that is left over meets all of the root at each digit"
    train_lengths: tuple[int, ...] = tuple(range(1, 21))
    eval_lengths: tuple[int, ...] = (1, 2, 5, 10, 15, 20, 25, 30, 40, 60, 100, 200, 400, 1000)

    @property
    def source(self) -> Tokens:
        """Binary digits."""
        return Tokens(2)

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw numbers: length (batch,) -> source (batch, max_length), target (batch, (max_length + 1) // 2)."""
        return _paired(_draw_digits(length, max_length, generator), length)

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw numbers; shapes as in `sample`.

        "squares": the greatest square up to a random odd number. "one_less": such a square less 1, of which the root is
        less by 1. "all_ones". "one_and_zeros": a power of two.
        """
        check_choice("adversarial kind", kind, KINDS)
        place = torch.arange(max_length, device=generator.device)
        if kind in ("all_ones", "one_and_zeros"):
            digits = before(length, max_length) if kind == "all_ones" else place == length[:, None] - 1
            return _paired(digits.long(), length)
        digits = torch.where(place == 0, 1, _draw_digits(length, max_length, generator))
        _, remainder = square_roots(digits)
        one_less = _less_one_more(digits, remainder, 2)[:, :-1]
        if kind == "one_less":
            return _paired(one_less, length)
        one = (place == 0).long().expand_as(digits)
        return _paired(add_digits(one_less, one, 2)[:, :-1], length)

    def chance(self, length: int) -> float:
        """The likeliest root guessed: root r is that of 2 r + 1 numbers, the greatest of those that are left."""
        numbers, most = 2**length, math.isqrt(2**length - 1)
        return max(2 * most - 1, numbers - most**2) / numbers

    def symbol(self, index: int) -> str:
        """A binary digit."""
        return str(index)


def square_roots(digits: Tensor) -> tuple[Tensor, Tensor]:
    """Take roots, rounded down, of numbers given by their binary digits, lowest first: (batch, places).

    -> root (batch, (places + 1) // 2), remainder (batch, places): the number less the root's square

    As by hand, a digit of the root for each two of the number, from the highest down: what is left over, times four and
    two digits more, is made less by four times the root so far and one, where that leaves 0 or more. The first digits
    are those of a root in float64.
    """
    places = digits.shape[1]
    even = F.pad(digits, (0, places % 2))
    pairs = even[:, ::2] + 2 * even[:, 1::2]  # (batch, root's places)
    known = min(AT_ONCE, pairs.shape[1])
    place = torch.arange(LIMB, device=digits.device)
    head = (pairs[:, -known:] << 2 * place[:known]).sum(1)
    root = head.double().sqrt().long()
    limbs = (pairs.shape[1] + 2) // LIMB + 1  # neither of what they hold has over two digits more
    remainder, fourfold = (F.pad(each[:, None], (0, limbs - 1)) for each in (head - root**2, 4 * root))
    found = [root[:, None] >> place[:known] & 1]
    for pair in pairs[:, :-known].flip(1).unbind(1):
        remainder = _shifted(remainder, 2, pair)
        less = _less_one_more(remainder, fourfold, BASE)
        digit = less[:, -1:]
        remainder = torch.where(digit == 1, less[:, :-1], remainder)
        fourfold = _shifted(fourfold, 1, 4 * digit[:, 0])
        found.append(digit)
    bits = remainder[..., None] >> place & 1
    return torch.cat(found[::-1], 1), F.pad(bits.flatten(1), (0, places - limbs * LIMB))


def _less_one_more(left: Tensor, right: Tensor, base: int) -> Tensor:
    """Subtract a number and 1 more, by adding its complement: two of (batch, places) -> (batch, places + 1).

    The last digit is 1 where that leaves 0 or more, and else 0; then the others are not what is left.
    """
    return add_digits(left, base - 1 - right, base)


def _shifted(number: Tensor, by: int, low: Tensor) -> Tensor:
    """Multiply limbs, the lowest first, by 2 to the power `by` and add `low` (batch,): (batch, limbs) -> the same."""
    carried = torch.cat([low[:, None], number[:, :-1] >> (LIMB - by)], 1)
    return (number << by & BASE - 1) + carried


def _draw_digits(length: Tensor, places: int, generator: torch.Generator) -> Tensor:
    """Draw numbers below 2^length, uniform, as binary digits, lowest first: length (batch,) -> (batch, places)."""
    digits = torch.randint(2, (len(length), places), generator=generator, device=generator.device)
    return digits * before(length, places)


def _paired(digits: Tensor, length: Tensor) -> Batch:
    """Write numbers (batch, places), lowest digit first, as so many digits (batch,), and their roots."""
    root, _ = square_roots(digits)
    count = (length + 1) // 2
    source, target = _highest_first(digits, length), _highest_first(root, count)
    return Batch(source, length, target, count, SALT + number_hash(digits))


def _highest_first(digits: Tensor, count: Tensor) -> Tensor:
    """Write the lowest `count` (batch,) digits of numbers, the highest of them first: (batch, places) -> the same."""
    place = count[:, None] - 1 - torch.arange(digits.shape[1], device=digits.device)
    return (FIRST_TOKEN + digits.gather(1, place.clamp(min=0))).masked_fill(place < 0, PAD)
