"""Evaluation: free-running exact match at one length, and what is shown beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from bench.feed import rows_of
from bench.generate import free_running
from bench.heldout_sets import evaluation_set
from bench.losses import shift_right
from models.base import Model
from tasks.base import STOP, Batch, Task

ROWS = 256  # rows scored at once, and pairs of positions in one forward pass: these bound memory and change no result
PAIRS = 4_000_000
CHUNK = 256  # symbols of a stream read at once


@dataclass(frozen=True)
class Score:
    """What one model did at one length.

    right of examples: free-running exact match, stop symbol included (values: sequences whose NRMSE is in tolerance)
    tokens_right of tokens: given the true symbols before each (values: free-running steps within the tolerance)
    stopped_wrong: of the wrong ones, those whose first wrong symbol is a stop too early or a missing stop
    unseen: False where the examples are ones that training saw
    nrmse, next_step_nrmse: error relative to the signal's standard deviation, free-running and given the true past
    """

    examples: int
    right: int
    tokens: int
    tokens_right: int
    stopped_wrong: int
    unseen: bool
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
    tokens = 0
    for part in parts(batch, device, rows_at_once(batch)):
        outputs = model(part.source, part.source_length, shift_right(part.target, task.first_input(part)))
        mask = part.target_mask
        wrong = ~task.correct(outputs, part.target) & mask
        first = wrong.long().argmax(1, keepdim=True)  # where greedy decoding leaves the target, if it does
        stops = (outputs.argmax(-1).gather(1, first) == STOP) | (part.target.gather(1, first) == STOP)
        right = right + (~wrong.any(1)).sum()
        tokens_right = tokens_right + (mask & ~wrong).sum()
        stopped_wrong = stopped_wrong + (wrong.any(1) & stops[:, 0]).sum()
        tokens += int(part.target_length.sum())
    return Score(len(batch.target), int(right), tokens, int(tokens_right), int(stopped_wrong), unseen)


def score_values(model: Model, task: Task, batch: Batch, unseen: bool, device: str) -> Score:
    """Score the free-running continuation; the error given the true past is shown beside it."""
    right = tokens_right = torch.zeros((), dtype=torch.long, device=device)
    squared = next_squared = torch.zeros((), dtype=torch.float64, device=device)
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
        tokens += errors.numel()
    nrmse, next_step = (finite(math.sqrt(float(total) / tokens)) for total in (squared, next_squared))
    return Score(len(batch.target), int(right), tokens, int(tokens_right), 0, unseen, nrmse, next_step)


def score_stream(model: Model, task: Task, length: int, device: str) -> Score:
    """Score a text read once in order with carried state; an example is a line, right when all its symbols are.

    A line reaches up to and including its separator.
    """
    text = task.stream(length).to(device)[None]
    none = torch.zeros(1, dtype=torch.long, device=device)
    whole = Batch(None, none, text, none + text.shape[1])
    inputs = shift_right(text, task.first_input(whole))
    state, correct = model.begin(None, none), []
    for first in range(0, text.shape[1], CHUNK):
        outputs, state = model.decoder(inputs[:, first : first + CHUNK], state)
        correct.append(task.correct(outputs, text[:, first : first + CHUNK]))
    right = torch.cat(correct, 1)[0]
    ends = text[0] == task.separator  # type: ignore[attr-defined]  # every streaming task has one
    line = ends.long().cumsum(0) - ends.long()
    lines = int(line[-1]) + 1
    wrong = torch.zeros(lines, dtype=torch.long, device=device).index_add(0, line, (~right).long())
    unseen = length not in task.train_lengths
    return Score(lines, int((wrong == 0).sum()), len(right), int(right.sum()), 0, unseen)


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
