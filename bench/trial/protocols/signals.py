"""Signals: real values that continue a source, scored by the free-running error."""

from __future__ import annotations

import math
from typing import ClassVar

import torch

from bench.trial.batches import on, pieces, rows_at_once
from bench.trial.decode import free_running
from bench.trial.evaluation_sets import evaluation_set
from bench.trial.losses import shift_right
from bench.trial.metrics import ErrorByPosition, Score, finite, read
from bench.trial.protocols.base import Answer, Protocol, register
from models.base import Model
from tasks.base import Batch, Task


@register("signals")
class Signals(Protocol):
    """What is decoded is what is scored; the error given the true past is shown beside it."""

    continues: ClassVar[bool] = True

    def kind(self, task: Task) -> str:
        """Return "values"."""
        return "values"

    def score_batch(self, model: Model, task: Task, batch: Batch, unseen: bool, device: str) -> Score:
        """Count continuations within the tolerance, and measure errors relative to the signal's deviation."""
        right = tokens_right = torch.zeros((), dtype=torch.long, device=device)
        squared = next_squared = torch.zeros((), dtype=torch.float64, device=device)
        by_position = ErrorByPosition(batch.target.shape[1], device)
        tolerance: float = task.tolerance  # type: ignore[attr-defined]  # every real-valued task has one
        tokens = 0
        for part in pieces(batch, device, rows_at_once(model, batch)):
            given = model(part.source, part.source_length, shift_right(part.target, task.first_input(part)))
            next_squared = next_squared + task.loss(given, part.target).double().sum()
        for part in pieces(batch, device, rows_at_once(model, batch)):
            continued = free_running(model, task, part, part.target.shape[1])
            errors = task.loss(continued, part.target).double()  # relative to the signal's variance
            right = right + (errors.mean(1).sqrt() <= tolerance).sum()
            tokens_right = tokens_right + task.correct(continued, part.target).sum()
            squared = squared + errors.sum()
            by_position.add(errors.sum(0), torch.full_like(errors[0], len(errors)))
            tokens += errors.numel()
        right, tokens_right, squared, next_squared = read(right, tokens_right, squared, next_squared)
        nrmse, next_step = (finite(math.sqrt(float(total) / tokens)) for total in (squared, next_squared))
        errors_at = tuple(None if mean is None else finite(math.sqrt(mean)) for mean in by_position.means())
        return Score(len(batch.target), int(right), tokens, int(tokens_right), 0, unseen, errors_at, nrmse, next_step)

    def answers(self, model: Model, task: Task, length: int, count: int, device: str) -> list[Answer]:
        """Continue signals as far as the truth goes."""
        batch = on(device, evaluation_set(task, length, count).batch)
        model.eval()
        with torch.no_grad():
            written = free_running(model, task, batch, batch.target.shape[1]).cpu()
        assert batch.source is not None
        rows = zip(batch.source.cpu(), batch.target.cpu(), written, strict=True)
        return [Answer(given, truth, own, own.new_zeros(0)) for given, truth, own in rows]
