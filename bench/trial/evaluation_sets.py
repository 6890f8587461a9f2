"""Evaluation sets: drawn on the CPU, the same on every machine, from held-out examples only."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

import numpy as np
import torch
from torch import Tensor

from bench.trial.batches import draw, rows_of
from bench.trial.holdout import SHARE, held_out, string_hash
from bench.trial.streams import stream
from tasks.base import Batch, Task

ROUNDS = 16  # draws before a length's space counts as exhausted
CELLS = 1 << 22  # positions drawn at once past the training lengths: this bounds memory


@dataclass(frozen=True)
class HeldOutSet:
    """Distinct examples of one length; `unseen` is False where the space has none that training never sees."""

    batch: Batch
    unseen: bool


@lru_cache(maxsize=256)
def evaluation_set(task: Task, length: int, examples: int) -> HeldOutSet:
    """Draw up to `examples` distinct examples of one length that training never reads.

    A small space gives fewer, each once; a space without any held-out example is used whole and said to be seen.
    """
    generator = stream("cpu", "evaluate", task.name, task.version, length)
    rows = 2 * SHARE * examples
    drawn = in_pieces(lambda lengths: task.sample(lengths, length, generator), task, length, rows, ROUNDS)
    first = next(drawn)
    longest = longest_trained(task, first) if len(first.target) < rows else None
    found = gathered((unseen_rows(part, longest) for part in cut(chain([first], drawn), 4 * examples)), examples)
    return HeldOutSet(found, True) if len(found.target) else HeldOutSet(gathered([first], examples), False)


@lru_cache(maxsize=64)
def adversarial_set(task: Task, kind: str, length: int, examples: int) -> Batch | None:
    """Draw up to `examples` distinct examples of an adversarial kind at one length, None where there is none.

    At training lengths only held-out ones count; past them nothing was ever trained on.
    """
    generator = stream("cpu", "adversarial", task.name, task.version, kind, length)
    rows = SHARE * examples
    drawn = in_pieces(lambda lengths: task.adversarial(kind, lengths, length, generator), task, length, rows, 1)
    beyond = length > max(task.inside_lengths)
    parts = cut(drawn, 4 * examples)
    found = gathered(parts if beyond else map(unseen_rows, parts), examples)
    return found if len(found.target) else None


def in_pieces(drawn: Callable[[Tensor], Batch], task: Task, length: int, rows: int, rounds: int) -> Iterator[Batch]:
    """Draw so many rows of a length, for so many rounds; past the training lengths never more than CELLS at once.

    Where CELLS is less than a round, the pieces are one round in all: that is plenty, where all of them may count.
    """
    beyond = length > max(task.inside_lengths)
    at_once = max(1, min(rows, CELLS // length)) if beyond else rows
    lengths = torch.full((at_once,), length)
    return (drawn(lengths) for _ in range(rounds if at_once == rows else math.ceil(rows / at_once)))


def cut(batches: Iterable[Batch], rows: int) -> Iterator[Batch]:
    """Cut batches into pieces of so many rows: what is not needed is not looked at."""
    for batch in batches:
        for part in torch.arange(len(batch.target)).split(rows):
            yield rows_of(batch, part)


def unseen_rows(batch: Batch, longest: int | None = None) -> Batch:
    """Return the rows that are held out, or whose source is longer than the longest that training can read."""
    held = held_out(batch)
    if held is None:
        return batch
    return rows_of(batch, held if longest is None else held | (batch.source_length > longest))


def longest_trained(task: Task, batch: Batch) -> int | None:
    """Return the longest source that training can read, if all of a batch are longer; else None: the hash decides.

    Classes of examples (`Batch.identity`) go across lengths, so they are held out at every length. Where only some
    sources are longer, the others would come up eight times as seldom as the task means them to.
    """
    if batch.identity is not None or batch.source is None:
        return None
    edge = max(task.train_lengths)
    widest = task.sample(torch.tensor([edge]), edge, stream("cpu", "widest")).source
    assert widest is not None
    return widest.shape[1] if bool((batch.source_length > widest.shape[1]).all()) else None


def gathered(batches: Iterable[Batch], wanted: int) -> Batch:
    """Put batches together until there are so many distinct examples, as far as there are batches."""
    found: Batch | None = None
    for batch in batches:
        whole = batch if found is None else joined(found, batch)
        found = rows_of(whole, first_of_each(whole)[:wanted])
        if len(found.target) == wanted:
            break
    assert found is not None
    return found


def joined(one: Batch, other: Batch) -> Batch:
    """Return the rows of both."""
    return replace(
        one, **{n: torch.cat([part, getattr(other, n)]) for n, part in vars(one).items() if part is not None}
    )


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


def first_of_each(batch: Batch) -> Tensor:
    """Return the rows at which each string stands for the first time; of real values, all."""
    hashed = string_hash(batch)
    if hashed is None:
        return torch.arange(len(batch.target))
    return torch.from_numpy(np.sort(np.unique(hashed.numpy(), return_index=True)[1]))
