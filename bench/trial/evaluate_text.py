"""Evaluation of language models: how well each symbol of a text is foreseen from those before it."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.trial.decode import CHUNK, read_through
from bench.trial.metrics import Places, Score, finite
from models.base import Model
from tasks.text.language import Language

CELLS = 8_000_000  # probabilities computed at once: this bounds memory and changes no result


def score_text(model: Model, task: Language, length: int, device: str) -> Score:
    """Score the excerpts that a task reads at a length, each from a fresh state.

    An example is a line, right when all its symbols are, where the task has a separator; else it is a counted symbol.
    """
    inputs, target, counted = (part.to(device) for part in task.excerpts(length))
    steps = inputs.shape[1]
    rows = max(1, CELLS // (min(steps, CHUNK) * task.target.size))
    places, nats = Places(steps, device), torch.zeros((), dtype=torch.float64, device=device)
    right = []
    for some_inputs, some_target in zip(inputs.split(rows), target.split(rows), strict=True):
        found, losses = read_and_judge(model, task, some_inputs, some_target)
        places.add((~found).sum(0) * counted, counted * len(found))
        nats += (losses.sum(0, dtype=torch.float64) * counted).sum()
        right.append(found)
    judged = torch.cat(right)[:, counted]
    tokens, tokens_right = judged.numel(), int(judged.sum())
    examples, examples_right = tokens, tokens_right
    if task.separator is not None:
        examples, examples_right = lines(judged[0], target[0] == task.separator)
    unseen = not task.seen(length)
    mean = finite(float(nats) / tokens)
    return Score(examples, examples_right, tokens, tokens_right, 0, unseen, places.means(), nats=mean)


def read_and_judge(model: Model, task: Language, inputs: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Read texts (rows, time) -> whether each next symbol was foreseen, and its cross-entropy in nats (rows, time)."""
    right, losses = [], []
    for first, outputs in read_through(model, inputs):
        truth = target[:, first : first + outputs.shape[1]]
        right.append(task.correct(outputs, truth))
        losses.append(task.loss(outputs, truth))
    return torch.cat(right, 1), torch.cat(losses, 1)


def lines_right(model: Model, task: Language, length: int, device: str) -> Tensor:
    """Say of each line of the text at a length, read with its state carried, whether it is right in every symbol."""
    assert task.separator is not None
    inputs, target, _ = (part.to(device) for part in task.excerpts(length))
    return whole_lines(read_and_judge(model, task, inputs, target)[0][0], target[0].eq(task.separator))


def lines(right: Tensor, ends: Tensor) -> tuple[int, int]:
    """Count the lines of a text and those right in every symbol: right, ends (time,); a line includes its separator."""
    whole = whole_lines(right, ends)
    return len(whole), int(whole.sum())


def whole_lines(right: Tensor, ends: Tensor) -> Tensor:
    """Say of each line whether all its symbols are right: right, ends (time,) -> (lines,)."""
    line = ends.long().cumsum(0) - ends.long()
    wrong = torch.zeros(int(line[-1]) + 1, dtype=torch.long, device=right.device).index_add(0, line, (~right).long())
    return wrong == 0
