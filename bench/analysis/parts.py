"""Parts of a record by what they hold: scores by a metric, learning curves, kept sequences of tokens or of numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from bench.analysis.metrics import Metric
from bench.analysis.statistics import Floats
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


def value_of(metric: Metric, score: Mapping[str, Any]) -> float | None:
    """Return what a metric makes of one score; None where the score lacks a number that it needs."""
    fields = [score.get(name) for name in metric.reads]
    if None in fields:
        return None
    return float(metric.numerator(*fields)) / (score[metric.denominator] if metric.denominator else 1)


def by_length(metric: Metric, records: Sequence[Record], lengths: Sequence[int]) -> Floats:
    """Return a metric of each record at each length, (records, lengths), NaN where one has no such number."""
    scores = [[record["by_length"].get(str(length)) for length in lengths] for record in records]
    return np.array([[score and value_of(metric, score) for score in row] for row in scores], dtype=float)
