"""Parts of a record by what they hold: learning curves, kept sequences of tokens or of numbers."""

from __future__ import annotations

from collections.abc import Iterable

from bench.records.store import Record

Numbers = list[float | None]  # None where there is none, or one overflowed


def curve_of(record: Record, measure: str) -> tuple[list[int], Numbers]:
    """Return the steps of a record's validation points and what was measured there: "exact" or "loss"."""
    points = record["curve"]
    measured = [point["exact"] if measure == "exact" else point["loss"] for point in points]
    return [point["step"] for point in points], measured


def tokens_of(sequence: Iterable[object]) -> list[str] | None:
    """Return a kept sequence of tokens by their names, None for one of numbers."""
    found = [item for item in sequence if isinstance(item, str)]
    return found if found and len(found) == len(list(sequence)) else None


def numbers_of(sequence: Iterable[object]) -> Numbers | None:
    """Return a kept sequence of numbers, None for one of tokens."""
    items = list(sequence)
    if any(isinstance(item, str) for item in items):
        return None
    return [float(item) if isinstance(item, int | float) else None for item in items]
