"""Addition of whole numbers as text: read x+y, write the sum, stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from tasks.arithmetic.operands import (
    HEAVY_PLACES,
    SUM_KINDS,
    Number,
    Pair,
    draw_count,
    draw_number,
    draw_sums,
    draw_up_to,
    either_first,
    make_carries,
)
from tasks.base import FIRST_TOKEN, PAD, Batch, Task, Tokens, before, register
from tasks.checks import check_at_least, check_choice, check_share
from tasks.hashing import number_hash
from tasks.strings.ends import append_eos

OPERANDS = ("values", "digits", "equal", "longest")


@register("addition")
@dataclass(frozen=True, kw_only=True)
class Addition(Task):
    """Add two whole numbers written as text, for example 123+4567 -> 4690 <stop>.

    After Zaremba and Sutskever 2014 (arXiv 1410.4615); the lowest digit of the sum first as in Lee et al. 2023 (arXiv
    2307.03381). Context-sensitive as text, regular where the digits of a place stand together. A length is the most
    digits an operand may have. `operands` says how they are drawn at length L, with
    S = min(shortest, L): "values" uniformly from base^(S-1) to base^L - 1 (by default 100..9999); "digits" with the
    number of digits uniform in S..L; "equal" with exactly L digits each; "longest" with exactly L digits for
    one of them, a random one, and S..L for the other.
    low_first_operands, low_first_sum: write the lowest digit first. pad_zeros: operands filled with zeros to L digits
    and the sum to L + 1. aligned: instead of text, one source symbol a place holds both digits, lowest place first.
    carry_heavy: the share of training's sums in which nine places of ten sum to base - 1, so that carries run far; sums
    that are evaluated are never made so. Held out: a fixed share of the pairs of numbers, chosen by hash,
    in either order: x+y is evaluated only where y+x was not trained on either.
    """

    version: ClassVar[int] = 2  # 1 held x+y out and trained on y+x
    adversarial_kinds: ClassVar[tuple[str, ...]] = SUM_KINDS
    automaton: ClassVar[str] = (
        "context-sensitive as text: a tape; aligned and each digit written as its place is read, lowest first, "
        "regular: one bit of carry"
    )
    train_lengths: tuple[int, ...] = (4,)
    eval_lengths: tuple[int, ...] = (*range(1, 9), 10, 20, 40)
    shortest: int = 3
    operands: str = "values"
    base: int = 10
    low_first_operands: bool = False
    low_first_sum: bool = False
    pad_zeros: bool = False
    aligned: bool = False
    carry_heavy: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("operands", self.operands, OPERANDS)
        check_at_least("shortest", self.shortest, 1)
        check_at_least("base", self.base, 2)
        check_share("carry_heavy", self.carry_heavy)

    @property
    def source(self) -> Tokens:
        """Digits and the plus sign, or pairs of digits (blanks counted) where the format is aligned."""
        return Tokens((self.base + 1) ** 2 if self.aligned else self.base + 1)

    @property
    def target(self) -> Tokens:
        """Digits."""
        return Tokens(self.base)

    @property
    def inside_lengths(self) -> tuple[int, ...]:
        """From the fewest digits that training draws to the most."""
        if self.operands in ("equal", "longest"):
            return super().inside_lengths
        return tuple(range(min(self.shortest, *self.train_lengths), max(self.train_lengths) + 1))

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw sums: length (batch,) -> source (batch, 2 max_length + 1), target (batch, max_length + 2).

        An aligned source is (batch, max_length).
        """
        return self._paired(self._draw(length, max_length, generator), length)

    def training_sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw sums, a share of them heavy with carries; shapes as in `sample`."""
        left, right = self._draw(length, max_length, generator)
        if not self.carry_heavy:
            return self._paired((left, right), length)
        rows, device = len(length), generator.device
        heavy = torch.rand(rows, 1, generator=generator, device=device) < self.carry_heavy
        carries = torch.rand(rows, max_length, generator=generator, device=device) < HEAVY_PLACES
        return self._paired(make_carries(left, right, self.base, heavy & carries, generator), length)

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw sums of a kind, see tasks/arithmetic/operands.py, whatever `operands` says; shapes as in `sample`."""
        check_choice("adversarial kind", kind, SUM_KINDS)
        return self._paired(draw_sums(kind, length, max_length, self.base, generator), length)

    def _draw(self, length: Tensor, places: int, generator: torch.Generator) -> Pair:
        """Draw both operands of each row."""
        if self.operands == "longest":
            least = length.clamp(max=self.shortest)
            longer = draw_number(length, places, self.base, generator)
            other = draw_number(draw_up_to(least, length, generator), places, self.base, generator)
            return either_first(longer, other, generator)
        return self._draw_one(length, places, generator), self._draw_one(length, places, generator)

    def _draw_one(self, length: Tensor, places: int, generator: torch.Generator) -> Number:
        """Draw one operand a row, by itself."""
        count = length
        if self.operands != "equal":
            shares_base = self.base if self.operands == "values" else 1
            count = draw_count(length, places, self.shortest, shares_base, generator)
        return draw_number(count, places, self.base, generator)

    def _paired(self, numbers: Pair, length: Tensor) -> Batch:
        """Write two operands and their sum, as the settings say."""
        left, right = numbers
        places = left.digits.shape[1]
        total = add_digits(left.digits, right.digits, self.base)
        total_digits = torch.where(total > 0, torch.arange(1, places + 2, device=total.device), 0).amax(1)
        if self.pad_zeros:
            left, right = Number(left.digits, length), Number(right.digits, length)
            total_digits = length + 1
        source, source_length = (self._columns if self.aligned else self._write_question)(left, right)
        answer = _write(total, total_digits, places + 1, low_first=self.low_first_sum)
        pair = number_hash(left.digits) + number_hash(right.digits)
        return Batch(source, source_length, append_eos(answer, total_digits), total_digits + 1, pair)

    def _write_question(self, left: Number, right: Number) -> tuple[Tensor, Tensor]:
        """Write x+y -> (batch, 2 places + 1) and its length (batch,)."""
        width = 2 * left.digits.shape[1] + 1
        time = torch.arange(width, device=left.digits.device).expand(len(left.digits), width)
        first = _write(left.digits, left.count, width, low_first=self.low_first_operands)
        second = _write(right.digits, right.count, width, low_first=self.low_first_operands)
        offset = left.count[:, None] + 1
        second = second.gather(1, (time - offset).clamp(min=0)).masked_fill(time < offset, PAD)
        plus = FIRST_TOKEN + self.base
        return torch.where(time == offset - 1, plus, first + second), left.count + 1 + right.count

    def _columns(self, left: Number, right: Number) -> tuple[Tensor, Tensor]:
        """Put the digits of one place, or blanks, into one symbol -> (batch, places) and its length (batch,)."""
        places = left.digits.shape[1]
        first, second = (
            number.digits.masked_fill(~before(number.count, places), self.base) for number in (left, right)
        )
        length = torch.maximum(left.count, right.count)
        columns = FIRST_TOKEN + first * (self.base + 1) + second
        return columns.masked_fill(~before(length, places), PAD), length

    def chance(self, length: int) -> float:
        """Every digit of the sum guessed: `length` of them, one more where zeros pad it."""
        return float(self.base) ** -(length + self.pad_zeros)

    def symbol(self, index: int) -> str:
        """Digits and plus, or a column such as 4|7."""
        digits = [str(n) if self.base <= 10 else f"[{n}]" for n in range(self.base)]
        if self.aligned:
            return "|".join((*digits, "_")[n] for n in divmod(index, self.base + 1))
        return (*digits, "+")[index]


def add_digits(left: Tensor, right: Tensor, base: int) -> Tensor:
    """Add numbers given by their digits, lowest first: two of (batch, places) -> (batch, places + 1).

    Carry look-ahead: a place whose digits sum to base - 1 passes a carry on, so that the nearest lower place of another
    sum decides whether one arrives.
    """
    column = torch.nn.functional.pad(left + right, (0, 1))
    place = torch.arange(column.shape[1], device=column.device)
    decides = torch.where(column == base - 1, -1, place).cummax(1).values  # (batch, places + 1), -1: none below
    carries = (column >= base).gather(1, decides.clamp(min=0)) & (decides >= 0)
    carry_in = torch.nn.functional.pad(carries[:, :-1], (1, 0))
    return (column + carry_in) % base


def _write(digits: Tensor, count: Tensor, width: int, *, low_first: bool) -> Tensor:
    """Write digits (batch, places), lowest first, as `count` (batch,) symbols -> (batch, width), PAD behind."""
    time = torch.arange(width, device=digits.device).expand(len(digits), width)
    index = time if low_first else count[:, None] - 1 - time
    symbols = digits.gather(1, index.clamp(0, digits.shape[1] - 1)) + FIRST_TOKEN
    return symbols.masked_fill(~before(count, width), PAD)
