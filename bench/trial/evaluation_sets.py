"""Evaluation sets: drawn on the CPU, the same on every machine, from held-out examples only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from bench.trial.batches import draw, rows_of
from bench.trial.holdout import SHARE, held_out, string_hash
from bench.trial.streams import stream
from tasks.base import Batch, Task

ROUNDS = 16  # draws before a length's space counts as exhausted


@dataclass(frozen=True)
class HeldOutSet:
    """Distinct examples of one length; `unseen` is False where the space has none that training never sees."""

    batch: Batch
    unseen: bool


@lru_cache(maxsize=256)
def evaluation_set(task: Task, length: int, examples: int) -> HeldOutSet:
    """Draw up to `examples` distinct held-out examples of one length.

    A small space gives fewer, each once; a space without any held-out example is used whole and said to be seen.
    """
    generator = stream("cpu", "evaluate", task.name, task.version, length)
    lengths = torch.full((2 * SHARE * examples,), length)
    drawn = [task.sample(lengths, length, generator)]
    if held_out(drawn[0]) is None:
        return HeldOutSet(rows_of(drawn[0], torch.arange(examples)), True)
    while len(_distinct(drawn, True)[0]) < examples and len(drawn) < ROUNDS:
        drawn.append(task.sample(lengths, length, generator))
    for unseen in (True, False):
        rows, batch = _distinct(drawn, unseen)
        if len(rows):
            return HeldOutSet(rows_of(batch, rows[:examples]), unseen)
    raise ValueError(f"task {task.name!r} draws no example of length {length}")


@lru_cache(maxsize=64)
def adversarial_set(task: Task, kind: str, length: int, examples: int) -> Batch | None:
    """Draw up to `examples` distinct examples of an adversarial kind at one length, None where there is none.

    At training lengths only held-out ones count; past them nothing was ever trained on.
    """
    generator = stream("cpu", "adversarial", task.name, task.version, kind, length)
    rows = torch.full((SHARE * examples,), length)
    batch = task.adversarial(kind, rows, length, generator)
    first, held = first_of_each(batch), held_out(batch)
    if held is not None and length <= max(task.inside_lengths):
        first = first[held[first]]
    return rows_of(batch, first[:examples]) if len(first) else None


@lru_cache(maxsize=16)
def validation_set(task: Task, examples: int) -> Batch:
    """Draw held-out examples of training lengths, each length alike, for early stopping and learning curves."""
    generator = stream("cpu", "validate", task.name, task.version)
    batch = draw(task, 2 * SHARE * examples, generator)
    held = held_out(batch)
    rows = torch.arange(len(batch.target)) if held is None or not held.any() else held.nonzero()[:, 0]
    return rows_of(batch, rows[:examples])


def tensors_hash(tensors: Iterable[Tensor | None]) -> str:
    """Hash tensors, so that two machines can show that they evaluated alike; None counts for nothing."""
    digest = hashlib.blake2b(digest_size=16)
    for tensor in tensors:
        if tensor is not None:
            digest.update(f"{tuple(tensor.shape)}{tensor.dtype}".encode())
            digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()


def _distinct(drawn: list[Batch], unseen: bool) -> tuple[Tensor, Batch]:
    """Return the rows of the first occurrence of each example, held out or not, and the batch they are rows of."""
    parts = [name for name, part in vars(drawn[0]).items() if part is not None]
    whole = replace(drawn[0], **{name: torch.cat([getattr(batch, name) for batch in drawn]) for name in parts})
    held = held_out(whole)
    assert held is not None
    first = first_of_each(whole)
    return first[held[first] == unseen], whole


def first_of_each(batch: Batch) -> Tensor:
    """Return the rows at which each string stands for the first time; of real values, all."""
    hashed = string_hash(batch)
    if hashed is None:
        return torch.arange(len(batch.target))
    return torch.from_numpy(np.sort(np.unique(hashed.numpy(), return_index=True)[1]))
