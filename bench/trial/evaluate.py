"""Evaluation: free-running exact match at one length, and what is shown beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch

from bench.trial.batches import is_text, rows_of
from bench.trial.decode import free_running
from bench.trial.evaluate_text import score_text
from bench.trial.evaluation_sets import evaluation_set, validation_set
from bench.trial.losses import shift_right
from bench.trial.metrics import Places, Score, finite
from models.base import Model
from tasks.base import STOP, Batch, Task

ROWS = 256  # rows scored at once, and pairs of positions in one forward pass: these bound memory and change no result
PAIRS = 4_000_000
PADDED = 256  # strings on which counting padding is shown


def evaluate(model: Model, task: Task, length: int, examples: int, device: str) -> Score:
    """Score a model at one length on that length's fixed evaluation set."""
    model.eval()
    with torch.no_grad():
        if is_text(task):
            return score_text(model, task, length, device)
        chosen = evaluation_set(task, length, examples)
        score = score_symbols if task.target.discrete else score_values
        return score(model, task, chosen.batch, chosen.unseen, device)


def score_symbols(model: Model, task: Task, batch: Batch, unseen: bool, device: str) -> Score:
    """Score in one teacher-forced pass: greedy decoding is right exactly when every argmax after the true prefix is."""
    right = tokens_right = stopped_wrong = torch.zeros((), dtype=torch.long, device=device)
    places = Places(int(batch.target_length.max()), device)
    tokens = 0
    for part in parts(batch, device, rows_at_once(model, batch)):
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
    for part in parts(batch, device, rows_at_once(model, batch)):
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


def rows_at_once(model: Model, batch: Batch) -> int:
    """Return how many rows fit in one forward pass: fewer where attention sees every pair of positions."""
    if not getattr(model, "pairwise", True):
        return ROWS
    longest = max(batch.target.shape[1], 0 if batch.source is None else batch.source.shape[1])
    return max(1, min(ROWS, PAIRS // (batch.target.shape[1] * longest)))


def padding_counted(model: Model, task: Task, device: str) -> dict[str, int]:
    """Count the symbols that a model gets right on held-out strings of mixed training lengths, padded to one width.

    symbols, symbols_right: those of the targets; cells, cells_right: the same with padding counted, as if it were asked
    """
    batch = validation_set(task, PADDED)
    symbols = symbols_right = cells = cells_right = 0
    model.eval()
    with torch.no_grad():
        for part in parts(batch, device, rows_at_once(model, batch)):
            outputs = model(part.source, part.source_length, shift_right(part.target, task.first_input(part)))
            right, mask = task.correct(outputs, part.target), part.target_mask
            symbols, cells = symbols + int(mask.sum()), cells + mask.numel()
            symbols_right, cells_right = symbols_right + int((right & mask).sum()), cells_right + int(right.sum())
    return {"symbols": symbols, "symbols_right": symbols_right, "cells": cells, "cells_right": cells_right}
