"""A few held-out examples, what a model makes of them, and what its memory does meanwhile, as people read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

import torch

from bench.trial.batches import on
from bench.trial.losses import shift_right
from bench.trial.metrics import finite
from bench.trial.protocols import Answer, protocol_of
from models.base import Model
from tasks.base import Batch, Task

COUNT = 2  # examples kept with a record at each of its lengths
TOKENS_KEPT, VALUES_KEPT = 60, 100  # of a string, from its start; of a signal, to its end
FARTHEST = 200  # tokens of the longest example whose trace is kept
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


@dataclass(frozen=True)
class Trace:
    """One example: the source, what the model wrote given the truth before, and numbers after every step by name."""

    length: int
    source: list[str]
    written: list[str]
    series: dict[str, list[float | None]]


def kept_traces(model: Model, task: Task, device: str) -> list[Trace]:
    """Return one example of strings at the longest training length and one far beyond, of a model that is traced."""
    if not model.traced:
        return []
    edge = max(task.inside_lengths)
    beyond = [length for length in task.eval_lengths if edge < length <= FARTHEST]
    batches = {length: protocol_of(task).strings(task, 1, length) for length in sorted({edge, *beyond[-1:]})}
    model.eval()
    with torch.no_grad():
        return [trace(model, task, length, on(device, one)) for length, one in batches.items() if one is not None]


def trace(model: Model, task: Task, length: int, batch: Batch) -> Trace:
    """Step through an example of one length, given the true tokens before each."""
    assert batch.source is not None
    state = model.begin(batch.source, batch.source_length)
    written, series = [], dict[str, list[float | None]]()
    inputs = shift_right(batch.target, task.first_input(batch))
    for one in inputs.unbind(1):
        outputs, state = model.decoder(one[:, None], state)
        written.append(outputs[0, 0].argmax())
        for name, values in model.trace(state).items():
            series.setdefault(name, []).append(finite(round(float(values[0]), 3)))
    source = batch.source[0, : int(batch.source_length[0])]
    return Trace(length, names(task, source), names(task, torch.stack(written)), series)
