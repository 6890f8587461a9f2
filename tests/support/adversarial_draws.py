"""Adversarial sets drawn at a few lengths, many rows each."""

from __future__ import annotations

from typing import Any

import torch

from bench.trial.streams import stream
from tasks import Task

LENGTHS = (1, 2, 3, 4, 9, 10, 29)


def lengths(rows: int = 40) -> torch.Tensor:
    return torch.tensor(LENGTHS).repeat(rows)


def drawn(task: Task, kind: str, length: torch.Tensor | None = None) -> Any:
    length = lengths() if length is None else length
    return task.adversarial(kind, length, int(length.max()), stream("cpu", "adversarial", kind))
