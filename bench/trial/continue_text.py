"""A text continued by a language model: drawn from its scores symbol by symbol, the state carried."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from bench.spec.errors import WorkError
from models.base import Model
from tasks.base import PAD, START, STOP
from tasks.text.language import Language

GREEDY = 0.0  # the temperature at which only the most likely symbol is left


def continue_text(
    model: Model, task: Language, prompt: Sequence[int], symbols: int, temperature: float, generator: torch.Generator
) -> list[int]:
    """Read START and a prompt, then write so many symbols: each is drawn, and is what the model reads next.

    Drawn from softmax(scores / temperature) on the CPU, so a seed draws alike on every device; GREEDY draws nothing.
    """
    model.eval()
    weight = next(iter(model.parameters()), torch.zeros(()))
    silent = torch.tensor(never_written(task))
    read = [START, *prompt]
    with torch.no_grad():
        state = model.begin(None, torch.zeros(1, dtype=torch.long, device=weight.device))
        for place in range(len(prompt) + symbols):
            outputs, state = model.decoder(torch.tensor([[read[place]]], device=weight.device), state)
            if place >= len(prompt):
                scores = outputs[0, -1].double().cpu().index_fill(0, silent, -math.inf)
                read.append(chosen(scores, temperature, generator))
    return read[1 + len(prompt) :]


def never_written(task: Language) -> list[int]:
    """Return the ids that stand for nothing in the training text: PAD, START, the stop and unknown ones it has not."""
    text = task.training_text()
    marks = [STOP] if task.unknown is None else [STOP, task.unknown]
    return [PAD, START, *(mark for mark in marks if not bool((text == mark).any()))]


def chosen(scores: Tensor, temperature: float, generator: torch.Generator) -> int:
    """Draw one symbol by its score (size,), minus infinity for those that are not to be drawn."""
    best = scores.max()  # NaN if any is
    if not best.isfinite():
        raise WorkError("the model's scores are no finite numbers: its training diverged")
    if temperature == GREEDY:
        return int(scores.argmax())
    shares = ((scores - best) / temperature).softmax(0)
    return int(torch.multinomial(shares, 1, generator=generator))
