"""Multiplication of whole numbers as text: read x*y, write the product, stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from tasks.arithmetic.addition import add_digits
from tasks.arithmetic.operands import Number, draw_number
from tasks.base import FIRST_TOKEN, PAD, Batch, Task, Tokens, before, register
from tasks.checks import check_choice
from tasks.hashing import number_hash
from tasks.strings.ends import append_eos

KINDS = ("all_nines", "one_and_zeros", "all_ones")
FACTORS = ("digit", "same")
BASE = 10


@register("multiplication")
@dataclass(frozen=True, kw_only=True)
class Multiplication(Task):
    """Multiply two whole numbers written with the lowest digit first, for example 12*4 -> 48 <stop>, which is 21 by 4.

    A length is the digits of the first factor. `factor`: the other is one "digit", 1 to 9, or has the "same" number of
    digits; none begins with 0. By one digit, a carry of 0 to 8 is all that goes from place to place; by n digits every
    digit of one meets every digit of the other. Held out: a fixed share of the pairs of numbers, chosen by hash, in
    either order.
    """

    adversarial_kinds: ClassVar[tuple[str, ...]] = KINDS
    automaton: ClassVar[str] = (
        "context-sensitive as text: a tape; by a digit that is known beforehand, regular: nine carries"
    )
    train_lengths: tuple[int, ...] = tuple(range(1, 11))
    eval_lengths: tuple[int, ...] = (1, 2, 5, 10, 12, 15, 20, 30, 50, 100, 200, 500, 1000)
    factor: str = "digit"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("factor", self.factor, FACTORS)

    @property
    def source(self) -> Tokens:
        """Digits and the sign."""
        return Tokens(BASE + 1)

    @property
    def target(self) -> Tokens:
        """Digits."""
        return Tokens(BASE)

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw factors: length (batch,) -> source and target, both (batch, max_length + others + 1).

        others: how many digits the second factor may have, 1 or max_length
        """
        return self._paired(
            draw_number(length, max_length, BASE, generator),
            draw_number(self._other(length), self._places(max_length), BASE, generator),
        )

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw factors; shapes as in `sample`.

        "all_nines": both, so that every place carries. "one_and_zeros": the first is a power of ten. "all_ones": the
        first is 11..1, so that places of the product are sums of the other's digits.
        """
        check_choice("adversarial kind", kind, KINDS)
        places, others = self._places(max_length), self._other(length)
        place, inside = torch.arange(max_length, device=generator.device), before(length, max_length).long()
        if kind == "all_nines":
            nines = before(others, places).long() * (BASE - 1)
            return self._paired(Number(inside * (BASE - 1), length), Number(nines, others))
        digits = (place == length[:, None] - 1).long() if kind == "one_and_zeros" else inside
        return self._paired(Number(digits, length), draw_number(others, places, BASE, generator))

    def _other(self, length: Tensor) -> Tensor:
        return length if self.factor == "same" else torch.ones_like(length)

    def _places(self, max_length: int) -> int:
        return max_length if self.factor == "same" else 1

    def _paired(self, left: Number, right: Number) -> Batch:
        """Write two factors and their product."""
        product = multiply_digits(left.digits, right.digits)
        width = product.shape[1]
        count = torch.where(product > 0, torch.arange(1, width + 1, device=product.device), 0).amax(1)
        answer = (FIRST_TOKEN + product).masked_fill(~before(count, width), PAD)
        source = torch.nn.functional.pad(FIRST_TOKEN + left.digits, (0, right.digits.shape[1] + 1))
        source = source.masked_fill(~before(left.count, width + 1), PAD)
        sign = torch.full_like(left.count, FIRST_TOKEN + BASE)[:, None]
        second = (FIRST_TOKEN + right.digits).masked_fill(~before(right.count, right.digits.shape[1]), PAD)
        place = left.count[:, None] + torch.arange(1 + second.shape[1], device=source.device)
        source = source.scatter(1, place, torch.cat([sign, second], 1))
        pair = number_hash(left.digits) + number_hash(right.digits)
        return Batch(source, left.count + 1 + right.count, append_eos(answer, count), count + 1, pair)

    def chance(self, length: int) -> float:
        """Every digit of the product guessed, of the fewest that it may have."""
        return float(BASE) ** -(2 * length - 1 if self.factor == "same" else length)

    def symbol(self, index: int) -> str:
        """Digits and the sign."""
        return str(index) if index < BASE else "*"


def multiply_digits(left: Tensor, right: Tensor) -> Tensor:
    """Multiply numbers given by their digits, lowest first: (batch, m), (batch, n) -> (batch, m + n).

    The product of polynomials by Fourier transform, exact in float64 for as many digits as fit a memory; then carries,
    in rounds that leave at most 18 a place, and a last one by look-ahead.
    """
    width, most = left.shape[1] + right.shape[1], (BASE - 1) ** 2 * min(left.shape[1], right.shape[1])
    spectrum = torch.fft.rfft(left.double(), width) * torch.fft.rfft(right.double(), width)
    column = torch.fft.irfft(spectrum, width).round().long()
    while most > 2 * (BASE - 1):
        carried = torch.nn.functional.pad(column[:, :-1] // BASE, (1, 0))
        column, most = column % BASE + carried, BASE - 1 + most // BASE
    digit = column.clamp(max=BASE - 1)
    return add_digits(digit, column - digit, BASE)[:, :-1]
