"""Evaluation: free-running exact match at one length, and what is shown beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from bench.feed import rows_of
from bench.generate import foreseen, free_running
from bench.heldout_sets import evaluation_set
from bench.losses import shift_right
from models.base import Model
from tasks.base import STOP, Batch, Task

ROWS = 256  # rows scored at once, and pairs of positions in one forward pass: these bound memory and change no result
PAIRS = 4_000_000
SPANS = 24  # parts of a target, at most, over which errors are told apart by place


@dataclass(frozen=True)
class Score:
    """What one model did at one length.

    right of examples: free-running exact match, stop symbol included (values: sequences whose NRMSE is in tolerance)
    tokens_right of tokens: given the true symbols before each (values: free-running steps within the tolerance)
    stopped_wrong: of the wrong ones, those that are right once the true length is forced (Newman et al. 2020)
    unseen: False where the examples are ones that training saw
    errors_at: share of symbols wrong given the true ones before (values: free-running NRMSE) in equal spans of the
        target, first to last; None where a span is padding alone, or its error has overflowed
    nrmse, next_step_nrmse: error relative to the signal's standard deviation, free-running and given the true past
    """

    examples: int
    right: int
    tokens: int
    tokens_right: int
    stopped_wrong: int
    unseen: bool
    errors_at: tuple[float | None, ...]
    nrmse: float | None = None
    next_step_nrmse: float | None = None


def evaluate(model: Model, task: Task, length: int, examples: int, device: str) -> Score:
    """Score a model at one length on that length's fixed evaluation set."""
    model.eval()
    with torch.no_grad():
        if task.streams:
            return score_stream(model, task, length, device)
        chosen = evaluation_set(task, length, examples)
        score = score_symbols if task.target.discrete else score_values
        return score(model, task, chosen.batch, chosen.unseen, device)


def score_symbols(model: Model, task: Task, batch: Batch, unseen: bool, device: str) -> Score:
    """Score in one teacher-forced pass: greedy decoding is right exactly when every argmax after the true prefix is."""
    right = tokens_right = stopped_wrong = torch.zeros((), dtype=torch.long, device=device)
    places = Places(int(batch.target_length.max()), device)
    tokens = 0
    for part in parts(batch, device, rows_at_once(batch)):
        outputs = model(part.source, part.source_length, shift_right(part.target, task.first_input(part)))
        mask = part.target_mask
        wrong = ~task.correct(outputs, part.target) & mask
        forced = ~task.correct(outputs.index_fill(-1, outputs.new_tensor([STOP]).long(), -math.inf), part.target)
        content_wrong = (forced & mask & (part.target != STOP)).any(1)
        right = right + (~wrong.any(1)).sum()
        tokens_right = tokens_right + (mask & ~wrong).sum()
        stopped_wrong = stopped_wrong + (wrong.any(1) & ~content_wrong).sum()
        places.add(wrong.sum(0), mask.sum(0))
        tokens += int(part.target_length.sum())
    counts = (len(batch.target), int(right), tokens, int(tokens_right), int(stopped_wrong))
    return Score(*counts, unseen, places.means())


def score_values(model: Model, task: Task, batch: Batch, unseen: bool, device: str) -> Score:
    """Score the free-running continuation; the error given the true past is shown beside it."""
    right = tokens_right = torch.zeros((), dtype=torch.long, device=device)
    squared = next_squared = torch.zeros((), dtype=torch.float64, device=device)
    places = Places(batch.target.shape[1], device)
    tolerance: float = task.tolerance  # type: ignore[attr-defined]  # every real-valued task has one
    tokens = 0
    for part in parts(batch, device, rows_at_once(batch)):
        given = model(part.source, part.source_length, shift_right(part.target, task.first_input(part)))
        next_squared = next_squared + task.loss(given, part.target).double().sum()
    for part in parts(batch, device, ROWS):
        continued = free_running(model, task, part, part.target.shape[1])
        errors = task.loss(continued, part.target).double()  # relative to the signal's variance
        right = right + (errors.mean(1).sqrt() <= tolerance).sum()
        tokens_right = tokens_right + task.correct(continued, part.target).sum()
        squared = squared + errors.sum()
        places.add(errors.sum(0), torch.full_like(errors[0], len(errors)))
        tokens += errors.numel()
    nrmse, next_step = (finite(math.sqrt(float(total) / tokens)) for total in (squared, next_squared))
    errors_at = tuple(None if mean is None else finite(math.sqrt(mean)) for mean in places.means())
    return Score(len(batch.target), int(right), tokens, int(tokens_right), 0, unseen, errors_at, nrmse, next_step)


def score_stream(model: Model, task: Task, length: int, device: str) -> Score:
    """Score a text read once in order with carried state; an example is a line, right when all its symbols are.

    A line reaches up to and including its separator.
    """
    text = task.stream(length).to(device)[None]
    right = foreseen(model, task, text) == text[0]
    ends = text[0] == task.separator  # type: ignore[attr-defined]  # every streaming task has one
    line = ends.long().cumsum(0) - ends.long()
    lines = int(line[-1]) + 1
    wrong = torch.zeros(lines, dtype=torch.long, device=device).index_add(0, line, (~right).long())
    places = Places(len(right), device)
    places.add(~right, torch.ones_like(right))
    unseen = length not in task.train_lengths
    return Score(lines, int((wrong == 0).sum()), len(right), int(right.sum()), 0, unseen, places.means())


class Places:
    """Sums over the time steps of a target, gathered in at most SPANS equal spans."""

    def __init__(self, time: int, device: str) -> None:
        count = min(SPANS, time)
        self.span = torch.arange(time, device=device) * count // time
        self.sums = torch.zeros(count, dtype=torch.float64, device=device)
        self.counts = torch.zeros_like(self.sums)

    def add(self, values: Tensor, counts: Tensor) -> None:
        """Add the sums of some rows at each step: values (time,), over so many rows counts (time,); padding is cut."""
        self.sums.index_add_(0, self.span, values[: len(self.span)].double())
        self.counts.index_add_(0, self.span, counts[: len(self.span)].double())

    def means(self) -> tuple[float | None, ...]:
        """Return the mean of each span, rounded to four digits; None where nothing was counted or it overflowed."""
        return tuple(
            finite(float(f"{total / count:.4g}")) if count else None
            for total, count in zip(self.sums.tolist(), self.counts.tolist(), strict=True)
        )


def share_right(model: Model, task: Task, batch: Batch, device: str) -> float:
    """Return the exact match on a batch, as evaluation counts it, and leave the model training."""
    model.eval()
    with torch.no_grad():
        score = (score_symbols if task.target.discrete else score_values)(model, task, batch, True, device)
    model.train()
    return score.right / score.examples


def parts(batch: Batch, device: str, rows: int) -> Iterator[Batch]:
    """Cut a batch into pieces of so many rows, on the device."""
    for first in range(0, len(batch.target), rows):
        part = rows_of(batch, torch.arange(first, min(first + rows, len(batch.target))))
        yield Batch(
            None if part.source is None else part.source.to(device),
            part.source_length.to(device),
            part.target.to(device),
            part.target_length.to(device),
        )


def rows_at_once(batch: Batch) -> int:
    """Return how many rows fit in one forward pass, whose attention sees every pair of positions."""
    longest = max(batch.target.shape[1], 0 if batch.source is None else batch.source.shape[1])
    return max(1, min(ROWS, PAIRS // (batch.target.shape[1] * longest)))


def finite(value: float) -> float | None:
    """Return a number that JSON can hold, None for NaN and infinity."""
    return value if math.isfinite(value) else None
