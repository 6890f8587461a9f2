"""Draws of tasks, many rows each, and whether counts are those of a fair draw."""

from __future__ import annotations

from typing import Any

import torch
from scipy.stats import chisquare

from bench.trial.streams import stream
from tasks import Batch, Task

LENGTHS = (1, 2, 3, 4, 9, 10, 29)
SURELY_NOT_CHANCE = 1e-4  # seeds are fixed: a fair draw passes once and for ever


def lengths(rows: int = 40) -> torch.Tensor:
    return torch.tensor(LENGTHS).repeat(rows)


def adversarial(task: Task, kind: str, length: torch.Tensor | None = None) -> Any:
    length = lengths() if length is None else length
    return task.adversarial(kind, length, int(length.max()), stream("cpu", "adversarial", kind))


def at_length(task: Task, length: int, rows: int) -> Batch:
    return task.sample(torch.full((rows,), length), length, stream("cpu", "ability", length))


def is_fair(counts: list[int]) -> bool:
    """Whether counts may be those of things that are drawn alike."""
    return bool(chisquare(counts).pvalue > SURELY_NOT_CHANCE)
