"""What is trained on and what is evaluated, as tests of the hold-out compare them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TypeVar

from bench.spec.spec import Spec
from bench.trial.batches import sampled
from bench.trial.evaluation_sets import evaluation_set
from tasks import Batch, Task

Name = TypeVar("Name")


def trained_on(task: Task, names: Callable[[Batch], list[Name]], steps: int = 120) -> set[Name]:
    """Return what a training run reads and counts: by name, of every example of so many steps."""
    found: set[Name] = set()
    for step in itertools.islice(sampled(task, Spec(task.name, "gru", batch=256), 1, "cpu"), steps):
        counts = step.weight.any(1).tolist()
        found |= {name for name, weighs in zip(names(step.batch), counts, strict=True) if weighs}
    return found


def evaluated_on(task: Task, names: Callable[[Batch], list[Name]], length: int, count: int = 64) -> set[Name]:
    """Return what is evaluated at a length, once it is seen to be called unseen."""
    chosen = evaluation_set(task, length, count)
    assert chosen.unseen
    return set(names(chosen.batch))
