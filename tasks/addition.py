"""Addition of whole numbers as text: read x+y, write the sum, stop."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from tasks.base import FIRST_SYMBOL, PAD, Batch, Symbols, Task, before, register
from tasks.strings import append_stop, check_at_least, check_choice

OPERANDS = ("values", "digits", "equal")


@register("addition")
@dataclass(frozen=True, kw_only=True)
class Addition(Task):
    """Add two whole numbers written as text, for example 123+4567 -> 4690 <stop>.

    A length is the most digits an operand may have. `operands` says how they are drawn at length L, with
    S = min(shortest, L): "values" uniformly from base^(S-1) to base^L - 1 (by default 100..9999); "digits" with the
    number of digits uniform in S..L; "equal" with exactly L digits each.
    low_first_operands, low_first_sum: write the lowest digit first. pad_zeros: operands filled with zeros to L digits
    and the sum to L + 1. aligned: instead of text, one source symbol a place holds both digits, lowest place first.
    Held out: a fixed share of the questions x+y, chosen by hash.
    """

    train_lengths: tuple[int, ...] = (4,)
    eval_lengths: tuple[int, ...] = (*range(1, 9), 10, 20, 40)
    shortest: int = 3
    operands: str = "values"
    base: int = 10
    low_first_operands: bool = False
    low_first_sum: bool = False
    pad_zeros: bool = False
    aligned: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("operands", self.operands, OPERANDS)
        check_at_least("shortest", self.shortest, 1)
        check_at_least("base", self.base, 2)

    @property
    def source(self) -> Symbols:
        """Digits and the plus sign, or pairs of digits (blanks counted) where the format is aligned."""
        return Symbols((self.base + 1) ** 2 if self.aligned else self.base + 1)

    @property
    def target(self) -> Symbols:
        """Digits."""
        return Symbols(self.base)

    @property
    def inside_lengths(self) -> tuple[int, ...]:
        """From the fewest digits that training draws to the most."""
        if self.operands == "equal":
            return super().inside_lengths
        return tuple(range(min(self.shortest, *self.train_lengths), max(self.train_lengths) + 1))

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw sums: length (batch,) -> source (batch, 2 max_length + 1), target (batch, max_length + 2).

        An aligned source is (batch, max_length).
        """
        numbers = [self._draw(length, max_length, generator) for _ in range(2)]
        total = add_digits(numbers[0][0], numbers[1][0], self.base)
        total_digits = torch.where(total > 0, torch.arange(1, max_length + 2, device=total.device), 0).amax(1)
        if self.pad_zeros:
            numbers = [(digits, length) for digits, _ in numbers]
            total_digits = length + 1
        source, source_length = self._columns(numbers) if self.aligned else self._write_question(numbers)
        answer = _write(total, total_digits, max_length + 1, low_first=self.low_first_sum)
        return Batch(source, source_length, append_stop(answer, total_digits), total_digits + 1)

    def _draw(self, length: Tensor, max_length: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw one operand a row -> digits (batch, max_length), lowest first, zeros above; their number (batch,)."""
        device = generator.device
        count = length
        if self.operands != "equal":
            choices = length - length.clamp(max=self.shortest) + 1  # how many numbers of digits are possible
            uniform = torch.rand(len(length), generator=generator, device=device, dtype=torch.float64)
            shares = _shares_by_missing_digits(max_length, self.base if self.operands == "values" else 1, device)
            missing = (uniform[:, None] >= shares[choices - 1]).sum(1)
            count = length - missing.minimum(choices - 1)
        shape = (len(length), max_length)
        digits = torch.randint(0, self.base, shape, generator=generator, device=device)
        leading = torch.randint(1, self.base, shape, generator=generator, device=device)
        place = torch.arange(max_length, device=device)
        digits = torch.where(place == count[:, None] - 1, leading, digits)
        return digits.masked_fill(place >= count[:, None], 0), count

    def _write_question(self, numbers: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        """Write x+y -> (batch, 2 max_length + 1) and its length (batch,)."""
        (left, left_count), (right, right_count) = numbers
        width = 2 * left.shape[1] + 1
        time = torch.arange(width, device=left.device).expand(len(left), width)
        first = _write(left, left_count, width, low_first=self.low_first_operands)
        second = _write(right, right_count, width, low_first=self.low_first_operands)
        offset = left_count[:, None] + 1
        second = second.gather(1, (time - offset).clamp(min=0)).masked_fill(time < offset, PAD)
        plus = FIRST_SYMBOL + self.base
        return torch.where(time == left_count[:, None], plus, first + second), left_count + 1 + right_count

    def _columns(self, numbers: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        """Put the digits of one place, or blanks, into one symbol -> (batch, max_length) and its length (batch,)."""
        blank = self.base
        left, right = (digits.masked_fill(~before(count, digits.shape[1]), blank) for digits, count in numbers)
        length = torch.maximum(numbers[0][1], numbers[1][1])
        columns = FIRST_SYMBOL + left * (self.base + 1) + right
        return columns.masked_fill(~before(length, left.shape[1]), PAD), length

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
    symbols = digits.gather(1, index.clamp(0, digits.shape[1] - 1)) + FIRST_SYMBOL
    return symbols.masked_fill(~before(count, width), PAD)


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
