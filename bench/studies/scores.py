"""What metrics make of the scores in records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bench.analysis.metrics import Metric
from bench.analysis.statistics import Floats
from bench.records.store import Record


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
