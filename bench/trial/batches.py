"""What training reads, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeGuard

import torch
from torch import Tensor

from bench.spec.spec import Spec
from bench.trial.holdout import held_out
from bench.trial.losses import shift_right
from bench.trial.streams import stream
from tasks.base import Batch, Task
from tasks.text.language import Language, after_start


@dataclass(frozen=True)
class Step:
    """One training step's data.

    inputs: what the decoder reads (batch, time[, values]); weight (batch, time), True where the loss counts
    carries: the state goes on from the step before (a stream read in order)
    """

    batch: Batch
    inputs: Tensor
    weight: Tensor
    carries: bool = False


def training_feed(task: Task, spec: Spec, seed: int, device: str) -> Iterator[Step]:
    """Yield training steps without end, drawn on the device from the seed's own stream."""
    if not is_text(task):
        return sampled(task, spec, seed, device)
    return (streamed if task.mode == "stream" else shuffled)(task, spec, seed, device)


def is_text(task: Task) -> TypeGuard[Language]:
    """Whether a task is a text that is read, not a space of examples that are drawn."""
    return task.streams


def sampled(task: Task, spec: Spec, seed: int, device: str) -> Iterator[Step]:
    """Yield batches of random examples; held-out ones have no weight."""
    generator, chooser = stream(device, seed, "train"), stream("cpu", seed, "lengths")
    for step in count():
        lengths = lengths_at(step, task, spec)
        if spec.same_length_batches:
            lengths = (lengths[int(torch.randint(len(lengths), (), generator=chooser))],)
        batch = draw(task, spec.batch, generator, lengths, practice=True)
        weight = batch.target_mask if spec.loss_mask else torch.ones_like(batch.target_mask)
        held = held_out(batch)
        if held is not None:
            weight = weight & ~held[:, None]
        yield Step(batch, shift_right(batch.target, task.first_input(batch)), weight)


def streamed(task: Language, spec: Spec, seed: int, device: str) -> Iterator[Step]:
    """Yield windows of the training text: each lane a contiguous piece, state carried, a random offset each epoch."""
    window = task.window
    text = after_start(task.training_text()).to(device)
    spare = len(text) - 1 - spec.batch * window
    if spare < 0:
        raise ValueError(f"a text of {len(text)} symbols is too short for {spec.batch} lanes of {window}")
    offsets = stream("cpu", seed, "train")
    length = torch.full((spec.batch,), window, device=device)
    while True:
        offset = int(torch.randint(min(window, spare + 1), (), generator=offsets))
        windows = (len(text) - offset - 1) // (spec.batch * window)
        span = spec.batch * windows * window
        inputs = text[offset : offset + span].view(spec.batch, -1)
        targets = text[offset + 1 : offset + 1 + span].view(spec.batch, -1)
        for index, first in enumerate(range(0, windows * window, window)):
            batch = Batch(None, torch.zeros_like(length), targets[:, first : first + window], length)
            yield Step(batch, inputs[:, first : first + window], batch.target_mask, carries=index > 0)


def shuffled(task: Language, spec: Spec, seed: int, device: str) -> Iterator[Step]:
    """Yield the windows of the training text in a new random order each epoch, each read from a fresh state."""
    inputs, target, counted = (part.to(device) for part in task.training_pieces())
    if len(inputs) < spec.batch:
        raise ValueError(f"a text of {len(inputs)} windows is too short for batches of {spec.batch}")
    orders = stream("cpu", seed, "train")
    length = torch.full((spec.batch,), task.window, device=device)
    weight = counted.expand(spec.batch, -1)
    while True:
        order = torch.randperm(len(inputs), generator=orders).to(device)
        for rows in order[: len(inputs) // spec.batch * spec.batch].split(spec.batch):
            yield Step(Batch(None, torch.zeros_like(length), target[rows], length), inputs[rows], weight)


def mask_of_first_batch(task: Task, spec: Spec, seed: int, rows: int) -> dict[str, Any]:
    """Say what the loss counts in the first rows of the first step: its width, each row's length and counted symbols.

    A row that counts nothing is held out. The step is the first of a training on the CPU.
    """
    step = next(training_feed(task, spec, seed, "cpu"))
    lengths, counted = step.batch.target_length[:rows].tolist(), step.weight[:rows].sum(1).tolist()
    return {"width": step.weight.shape[1], "lengths": lengths, "counted": counted}


def fitting_batch(task: Task, spec: Spec, seed: int, device: str) -> Step:
    """Return one large step for floors that are fitted: the whole text, or `spec.fits` examples, none held out."""
    if is_text(task):
        text = task.training_text().to(device)[None]
        length = torch.full((1,), text.shape[1], device=device)
        batch = Batch(None, torch.zeros_like(length), text, length)
        return Step(batch, shift_right(text, task.first_input(batch)), batch.target_mask)
    batch = draw(task, spec.fits, stream(device, seed, "train"), practice=True)
    held = held_out(batch)
    if held is not None:
        batch = rows_of(batch, ~held)
    return Step(batch, shift_right(batch.target, task.first_input(batch)), batch.target_mask)


def lengths_at(step: int, task: Task, spec: Spec) -> tuple[int, ...]:
    """Return the lengths that training draws at a step, counted from 0: under a curriculum the long ones come later.

    The longest grows linearly from the shortest over the curriculum's share of all steps (Bengio et al. 2009).
    """
    growing = spec.curriculum * spec.steps
    if step >= growing:
        return task.train_lengths
    shortest, longest = min(task.train_lengths), max(task.train_lengths)
    limit = shortest + (longest - shortest) * step / growing
    return tuple(length for length in task.train_lengths if length <= limit)


def draw(
    task: Task,
    rows: int,
    generator: torch.Generator,
    lengths: tuple[int, ...] | None = None,
    *,
    practice: bool = False,
) -> Batch:
    """Draw so many examples, each of the lengths (the training lengths) alike; practice: as training reads them."""
    chosen = torch.tensor(lengths or task.train_lengths, device=generator.device)
    choice = torch.randint(len(chosen), (rows,), generator=generator, device=generator.device)
    sample = task.training_sample if practice else task.sample
    return sample(chosen[choice], max(lengths or task.train_lengths), generator)


def rows_of(batch: Batch, rows: Tensor) -> Batch:
    """Return some rows of a batch: rows is a mask or indices (batch,)."""
    return Batch(
        None if batch.source is None else batch.source[rows],
        batch.source_length[rows],
        batch.target[rows],
        batch.target_length[rows],
        None if batch.identity is None else batch.identity[rows],
    )
