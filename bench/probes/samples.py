"""A few held-out examples and what a model makes of them, as people read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

import torch

from bench.trial.protocols import Answer, protocol_of
from tasks.base import Task

COUNT = 2  # examples kept with a record at each of its lengths
TOKENS_KEPT, VALUES_KEPT = 60, 100  # of a string, from its start; of a signal, to its end
Item = TypeVar("Item")
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-9}  # what rounding may change, as a share of the largest score


@dataclass(frozen=True)
class Sample(Generic[Item]):
    """One example, inputs and answers as lists of tokens' names, or of numbers (None: one that overflowed).

    given: the source; truth: the target; written: the model's own answer, which may be longer or shorter
        (for a text: the token it predicts at each step, given the true ones before)
    first: steps of the target before the first one shown
    """

    length: int
    given: list[Item]
    truth: list[Item]
    written: list[Item]
    first: int = field(default=0, kw_only=True)


def telling_lengths(task: Task) -> tuple[int, ...]:
    """The middle training length, the longest, the first evaluated one past it, and the first at twice it or more.

    Of a text, every length that names one.
    """
    inside, longest = task.inside_lengths, max(task.inside_lengths)
    beyond = sorted(length for length in task.eval_lengths if length > longest)
    twice = [length for length in beyond if length >= 2 * longest]
    drawn = {inside[len(inside) // 2], longest, *beyond[:1], *twice[:1]}
    return protocol_of(task).named_lengths(task) or tuple(sorted(drawn))


def sample(task: Task, length: int, answer: Answer, *, shortened: bool = False) -> Sample[str] | Sample[float | None]:
    """Return an answer as people read it; shortened to what a page can show: a string's start, a signal's end."""
    given, truth, written, _ = answer
    if not truth.is_floating_point():
        end = TOKENS_KEPT if shortened else None
        return Sample(length, *(names(task, part[:end]) for part in (given, truth, written)))
    first = max(0, len(truth) - VALUES_KEPT) if shortened else 0
    given = given[-VALUES_KEPT:] if shortened else given
    return Sample(length, rounded(given), rounded(truth[first:]), rounded(written[first:]), first=first)


def disagreement(length: int, answers: list[Answer]) -> str:
    """Say where real decoding is not what the scored pass says, having read the same; "" where it is throughout."""
    for number, answer in enumerate(answers):
        off = answer.shortfall > tolerance(answer.shortfall)
        if bool(off.any()):
            step = int(off.long().argmax())
            return f"length {length}, example {number}: decoding leaves the scored pass at output {step}"
    return ""


def tolerance(outputs: torch.Tensor) -> float:
    """Return by how much outputs of this precision may differ, as a share of the largest."""
    return TOLERANCE.get(outputs.dtype, 1e-2)


def rounded(values: torch.Tensor) -> list[float | None]:
    """Return the first number of each step (time, size) with four digits; None for one that overflowed."""
    return [float(f"{value:.4g}") if abs(value) < float("inf") else None for value in values[:, 0].tolist()]


def names(task: Task, tokens: torch.Tensor) -> list[str]:
    """Return what people read for each token (time,)."""
    return [task.text([token]) or "<pad>" for token in tokens.tolist()]
