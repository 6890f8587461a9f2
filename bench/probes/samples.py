"""A few held-out examples and what a model makes of them, as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import torch

from bench.trial.protocols import Answer, protocol_of
from tasks.base import Task

COUNT = 2  # examples kept with a record at each of its lengths
TOKENS_KEPT, VALUES_KEPT = 60, 100  # of a string, from its start; of a signal, to its end
Shown: TypeAlias = "list[str] | list[float | None]"
# How far below its best score, as a share of it, the scored pass may put what decoding wrote: rounding, and no more.
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-9}
COARSE = 1e-2  # for floats of fewer bits


@dataclass(frozen=True)
class Sample:
    """One example, inputs and answers as lists of tokens' names, or of numbers.

    given: the source; truth: the target; written: the model's own answer, which may be longer or shorter
        (for a text: the token it predicts at each step, given the true ones before)
    first: steps of the target before the first one shown
    """

    length: int
    given: Shown
    truth: Shown
    written: Shown
    first: int = 0


def telling_lengths(task: Task) -> tuple[int, ...]:
    """The middle training length, the longest, the first evaluated one past it, and the first at twice it or more.

    Of a text, every length that names one.
    """
    inside, longest = task.inside_lengths, max(task.inside_lengths)
    beyond = sorted(length for length in task.eval_lengths if length > longest)
    twice = [length for length in beyond if length >= 2 * longest]
    drawn = {inside[len(inside) // 2], longest, *beyond[:1], *twice[:1]}
    return protocol_of(task).named_lengths(task) or tuple(sorted(drawn))


def sample(task: Task, length: int, answer: Answer) -> Sample:
    """Return an answer as people read it, whole."""
    return Sample(length, *(shown(task, part) for part in (answer.given, answer.truth, answer.written)))


def kept(one: Sample) -> Sample:
    """Return what a page can show: the start of a string, the end of a signal."""
    if one.truth and isinstance(one.truth[0], str):
        return Sample(one.length, one.given[:TOKENS_KEPT], one.truth[:TOKENS_KEPT], one.written[:TOKENS_KEPT])
    first = max(0, len(one.truth) - VALUES_KEPT)
    return Sample(one.length, one.given[-VALUES_KEPT:], one.truth[first:], one.written[first:], first)


def disagreement(length: int, answers: list[Answer]) -> str:
    """Say where real decoding is not what the scored pass says, having read the same; "" where it is throughout."""
    for number, answer in enumerate(answers):
        off = answer.shortfall > TOLERANCE.get(answer.shortfall.dtype, COARSE)
        if bool(off.any()):
            step = int(off.long().argmax())
            return f"length {length}, example {number}: decoding leaves the scored pass at output {step}"
    return ""


def shown(task: Task, steps: torch.Tensor) -> Shown:
    """Return the names of tokens (time,), or of values (time, size) the first of each step, with four digits.

    None stands for a value that overflowed.
    """
    if not steps.is_floating_point():
        return names(task, steps)
    return [float(f"{value:.4g}") if abs(value) < float("inf") else None for value in steps[:, 0].tolist()]


def names(task: Task, tokens: torch.Tensor) -> list[str]:
    """Return what people read for each token (time,)."""
    return [task.text([token]) or "<pad>" for token in tokens.tolist()]
