"""What single values of a record may be, and lists of them."""

from __future__ import annotations

import math
from typing import Any

LARGEST = 2**53  # whole numbers up to here are the same as floating-point ones


def expect(holds: bool, name: str) -> None:
    """Raise ValueError that names a part of a record unless it is as it should be."""
    if not holds:
        raise ValueError(f"has no valid {name}")


def is_count(value: Any, least: int = 0) -> bool:
    """Whether a value is a whole number of at least so much (True is none)."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= LARGEST


def is_seed(value: Any) -> bool:
    """Whether a value names random streams: a whole number of any size."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_number(value: Any) -> bool:
    """Whether a value is a finite number of 0 or more."""
    return is_count(value) or (isinstance(value, float) and 0 <= value < math.inf)


def is_share(value: Any) -> bool:
    """Whether a value is a number between 0 and 1."""
    return is_number(value) and value <= 1


def is_number_or_none(value: Any) -> bool:
    """Whether a value is a finite number of 0 or more, or absent."""
    return value is None or is_number(value)


def are_numbers_or_none(values: list[Any]) -> bool:
    """Whether every value of a list is a finite number of 0 or more, or absent; most of a record's numbers are here."""
    kinds = set(map(type, values))
    if not kinds <= {float, type(None)}:
        return all(map(is_number_or_none, values))
    numbers = [value for value in values if value is not None] if type(None) in kinds else values
    return all(0 <= value < math.inf for value in numbers)


def is_signed_or_none(value: Any) -> bool:
    """Whether a value is a finite number of either sign, or absent."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and is_number(abs(value)))
