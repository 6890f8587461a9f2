"""Evaluation on adversarial sets: examples that random ones hardly ever are, counted apart, kind by kind."""

from __future__ import annotations

import torch

from bench.trial.batches import is_text
from bench.trial.evaluate import score_symbols
from bench.trial.evaluate_text import lines_right
from bench.trial.evaluation_sets import adversarial_set
from models.base import Model
from tasks.base import Task

Counts = dict[str, int]  # examples; right, stop symbol included; stopped_wrong: right but for the length


def adversarial_scores(model: Model, task: Task, examples: int, device: str) -> dict[int, dict[str, Counts]]:
    """Score a model on up to so many examples of each adversarial kind at every declared length; 0 scores none.

    A kind that has no example at a length (all of them may be trained on) is left out there.
    """
    if not examples:
        return {}
    model.eval()
    with torch.no_grad():
        score = text_scores if is_text(task) else string_scores
        scores = {length: score(model, task, length, examples, device) for length in task.eval_lengths}
    return {length: found for length, found in scores.items() if found}


def string_scores(model: Model, task: Task, length: int, examples: int, device: str) -> dict[str, Counts]:
    """Score strings of every kind at one length."""
    found = {}
    for kind in task.adversarial_kinds:
        batch = adversarial_set(task, kind, length, examples)
        if batch is not None:
            score = score_symbols(model, task, batch, True, device)
            found[kind] = {"examples": score.examples, "right": score.right, "stopped_wrong": score.stopped_wrong}
    return found


def text_scores(model: Model, task: Task, length: int, examples: int, device: str) -> dict[str, Counts]:
    """Score the lines of a text that stand behind a boundary, whatever their number."""
    assert is_text(task)
    boundaries = task.boundaries(length)
    if not boundaries:
        return {}
    right = lines_right(model, task, length, device).cpu()
    return {
        kind: {"examples": int(chosen.sum()), "right": int((right & chosen).sum()), "stopped_wrong": 0}
        for kind, chosen in boundaries.items()
    }
