"""Which of some tries is the better one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from bench.analysis.metrics import named
from bench.studies.tuning.table import Try

Rank = tuple[float, ...]  # the smaller the better


def loss(metric: str, score: float | None) -> float:
    """Return a score as a number that is the smaller the better; of none, infinity."""
    if score is None or math.isnan(score):
        return math.inf
    return -score if named(metric).higher_is_better else score


def rank(one: Try) -> Rank:
    """Order tries by score; where that ties by token accuracy, by nats, by steps taken."""
    diverged = one.status == "diverged"
    nats = 0.0 if one.nats is None else one.nats
    return diverged, loss(one.metric, one.score), -one.token_accuracy, nats, one.steps_taken


def best(tries: Iterable[Try], count: int) -> list[Try]:
    """Return the best tries, the best one first; of equal ones that which comes first."""
    return sorted(tries, key=rank)[:count]


def mean_loss(tries: Sequence[Try]) -> float:
    """Return the mean of what is the smaller the better; one that diverged is worth nothing."""
    losses = [math.inf if one.status == "diverged" else loss(one.metric, one.score) for one in tries]
    return sum(losses) / len(losses)
