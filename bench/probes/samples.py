"""A few held-out examples and what a model makes of them, as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from bench.trial.batches import is_text, rows_of
from bench.trial.decode import foreseen, free_running, lengths_with_stop
from bench.trial.evaluation_sets import evaluation_set
from models.base import Model
from tasks.base import STOP, Batch, Task
from tasks.text.language import Language

COUNT = 2  # examples kept with a record at each of its lengths
SYMBOLS_KEPT, VALUES_KEPT = 60, 100  # of a string, from its start; of a signal, to its end


@dataclass(frozen=True)
class Sample:
    """One example, inputs and answers as lists of symbols' names, or of numbers.

    given: the source; truth: the target; written: the model's own answer, which may be longer or shorter
        (for a text: the symbol it foresees at each place, given the true ones before)
    first: steps of the target before the first one shown
    """

    length: int
    given: list[Any]
    truth: list[Any]
    written: list[Any]
    first: int = 0


def kept_samples(model: Model, task: Task, device: str) -> list[Sample]:
    """Return the samples that a record keeps: some inside training, at its edge, beyond it and at twice its length."""
    model.eval()
    if is_text(task):
        texts = task.eval_lengths if task.separator is not None else task.eval_lengths[-1:]  # else one text for all
        return [text_sample(model, task, length, device) for length in texts]
    found = []
    for length in telling_lengths(task):
        batch = evaluation_set(task, length, COUNT).batch
        found += [sample(model, task, batch, row, length, device) for row in range(len(batch.target))]
    return [shortened(one) for one in found]


def telling_lengths(task: Task) -> list[int]:
    """The middle training length, the longest, the first evaluated one past it, and the first at twice it or more."""
    inside, longest = task.inside_lengths, max(task.inside_lengths)
    beyond = sorted(length for length in task.eval_lengths if length > longest)
    twice = [length for length in beyond if length >= 2 * longest]
    return sorted({inside[len(inside) // 2], longest, *beyond[:1], *twice[:1]})


def sample(model: Model, task: Task, batch: Batch, row: int, length: int, device: str) -> Sample:
    """Let a model answer one row of a batch in free running, two steps longer than the truth where symbols stop it."""
    one = rows_of(batch, torch.tensor([row]))
    assert one.source is not None  # a task without a source is a text
    moved = Batch(
        one.source.to(device), one.source_length.to(device), one.target.to(device), one.target_length.to(device)
    )
    steps, size = int(one.target_length[0]), int(one.source_length[0])
    with torch.no_grad():
        written = free_running(model, task, moved, steps + 2 * task.target.discrete)[0].cpu()
    truth, given = one.target[0, :steps], one.source[0, :size]
    if not task.target.discrete:
        return Sample(length, rounded(given), rounded(truth), rounded(written))
    ends = int(lengths_with_stop(written[None])[0]) if bool((truth == STOP).any()) else steps
    return Sample(length, names(task, given), names(task, truth), names(task, written[:ends]))


def text_sample(model: Model, task: Language, length: int, device: str) -> Sample:
    """Return the beginning of a text and the symbols that a model foresees there."""
    text = task.stream(length)[:SYMBOLS_KEPT]
    with torch.no_grad():
        written = foreseen(model, text[None].to(device)).cpu()
    return Sample(length, [], names(task, text), names(task, written))


def symbols_of_text(task: Language, length: int) -> list[str]:
    """Return the beginning of a text, as names."""
    return names(task, task.stream(length)[:SYMBOLS_KEPT])


def names(task: Task, symbols: torch.Tensor) -> list[str]:
    """Return what people read for each symbol (time,)."""
    return [task.text([symbol]) or "<pad>" for symbol in symbols.tolist()]


def rounded(values: torch.Tensor) -> list[float | None]:
    """Return the first number of each step (time, size) with four digits; None for one that overflowed."""
    return [float(f"{value:.4g}") if abs(value) < float("inf") else None for value in values[:, 0].tolist()]


def shortened(one: Sample) -> Sample:
    """Keep what a page can show: the start of a string, the end of a signal."""
    if one.truth and isinstance(one.truth[0], str):
        return Sample(
            one.length, one.given[:SYMBOLS_KEPT], one.truth[:SYMBOLS_KEPT], one.written[:SYMBOLS_KEPT], one.first
        )
    first = max(0, len(one.truth) - VALUES_KEPT)
    return Sample(one.length, one.given[-VALUES_KEPT:], one.truth[first:], one.written[first:], first)
