"""Batches: drawn for training step by step, and cut into pieces that fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

import torch
from torch import Tensor

from bench.spec.spec import Spec
from bench.trial.graph import Replays, recorder_of
from bench.trial.holdout import held_out
from bench.trial.losses import shift_right
from bench.trial.streams import stream
from models.base import Model
from tasks.base import Batch, Task

# Numbers that one forward pass may hold in a layer; they say how many rows are scored at once, and change no result. A
# model that goes step by step costs less a row the more there are: a GiB bounds it. One that sees all positions at once
# costs more where a processor's cache does not hold them.
NUMBERS = {"stepwise": 1 << 28, "at once": 1 << 23}
WIDTH = 256  # numbers that a position is held to have at least


@dataclass(frozen=True)
class Step:
    """One training step's data.

    inputs: what the decoder reads (batch, time[, values]); weight (batch, time), True where the loss counts
    carries: the state goes on from the step before (a text read in order)
    pads: the loss counts padding too
    """

    batch: Batch
    inputs: Tensor
    weight: Tensor
    carries: bool = False
    pads: bool = False

    @property
    def needed(self) -> Step:
        """The step without rows that have no weight: the same loss and gradient for less work.

        At least one row is left. On a GPU, where a shape that depends on data costs more than it saves, all are.
        """
        counts = self.weight.any(1)
        if self.carries or self.weight.device.type != "cpu" or bool(counts.all()):
            return self
        counts[0] |= not counts.any()
        return replace(self, batch=rows_of(self.batch, counts), inputs=self.inputs[counts], weight=self.weight[counts])


def sampled(task: Task, spec: Spec, seed: int, device: str) -> Iterator[Step]:
    """Yield batches of random examples; held-out ones have no weight. A batch is good until the next one."""
    generator, chooser = stream(device, seed, "train"), stream("cpu", seed, "lengths")
    replays: Replays[Step] = Replays(recorder_of(device, [generator]), f"{task.name} is drawn")
    choices = dict[tuple[int, ...], Tensor]()
    for step in count():
        lengths = lengths_at(step, task, spec)
        if spec.same_length_batches:
            lengths = (lengths[int(torch.randint(len(lengths), (), generator=chooser))],)
        if lengths not in choices:
            choices[lengths] = torch.tensor(lengths, device=device)
        yield replays(lengths, partial(drawn_step, task, spec, generator, max(lengths)), [choices[lengths]])


def drawn_step(task: Task, spec: Spec, generator: torch.Generator, longest: int, lengths: list[Tensor]) -> Step:
    """Draw a batch of random examples of these lengths, one tensor, the longest of which is given."""
    batch = drawn(task.training_sample, spec.batch, generator, lengths[0], longest)
    weight = batch.target_mask if spec.loss_mask else torch.ones_like(batch.target_mask)
    held = held_out(batch)
    if held is not None:
        weight = weight & ~held[:, None]
    return Step(batch, shift_right(batch.target, task.first_input(batch)), weight, pads=not spec.loss_mask)


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
    training: bool = False,
) -> Batch:
    """Draw so many examples, each of the lengths (the training lengths) alike; training: as training reads them."""
    lengths, sample = lengths or task.train_lengths, task.training_sample if training else task.sample
    return drawn(sample, rows, generator, torch.tensor(lengths, device=generator.device), max(lengths))


def drawn(
    sample: Callable[[Tensor, int, torch.Generator], Batch],
    rows: int,
    generator: torch.Generator,
    lengths: Tensor,
    longest: int,
) -> Batch:
    """Draw so many examples, each of the lengths alike, the longest of which is given."""
    choice = torch.randint(len(lengths), (rows,), generator=generator, device=generator.device)
    return sample(lengths[choice], longest, generator)


def each_part(change: Callable[[Tensor], Tensor], batch: Batch) -> Batch:
    """Return a batch with every part changed that it has."""
    return replace(batch, **{name: change(part) for name, part in vars(batch).items() if part is not None})


def rows_of(batch: Batch, rows: Tensor) -> Batch:
    """Return some rows of a batch: rows is a mask or indices (batch,)."""
    return each_part(lambda part: part[rows], batch)


def on(device: str, batch: Batch) -> Batch:
    """Return a batch on a device."""
    return each_part(lambda part: part.to(device), batch)


def pieces(batch: Batch, device: str, rows: int) -> Iterator[Batch]:
    """Cut a batch into pieces of so many rows, on the device."""
    for first in range(0, len(batch.target), rows):
        yield on(device, rows_of(batch, torch.arange(first, min(first + rows, len(batch.target)))))


def rows_at_once(model: Model, batch: Batch) -> int:
    """Return how many rows fit in one forward pass, by the widest layer and, where attention sees them, by pairs."""
    places = batch.target.shape[1] + (0 if batch.source is None else batch.source.shape[1])
    width = max(WIDTH, *(each.shape[0] for each in model.parameters() if each.dim() > 1), 0)
    if model.pairwise:
        return max(1, NUMBERS["at once"] // (places * (width + places)))
    return max(1, NUMBERS["stepwise"] // (places * width))
