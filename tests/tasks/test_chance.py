"""Levels of chance: what guessing reaches."""

from __future__ import annotations

import pytest
import torch
from cases import label

from bench.trial.streams import stream
from tasks import TASKS, Task
from tasks.base import FIRST_TOKEN

GUESSED = [
    (TASKS["copy"](), 2),
    (TASKS["copy"](symbols=2), 4),
    (TASKS["reverse"](), 3),
    (TASKS["variable_copy"](), 2),
    (TASKS["addition"](shortest=1, eval_lengths=(1,)), 1),
    (TASKS["addition"](base=2), 4),
]


@pytest.mark.parametrize(("task", "length"), GUESSED, ids=label)
def test_chance_is_what_a_guesser_reaches_who_knows_the_length(task: Task, length: int) -> None:
    count, generator = 40_000, stream("cpu", "guess", task.name, length)
    batch = task.sample(torch.full((count,), length), length, generator)
    data = (batch.target >= FIRST_TOKEN).sum(1) == length  # sums of as many digits
    guess = torch.randint(FIRST_TOKEN, task.target.size, batch.target.shape, generator=generator)
    right = ((guess == batch.target) | (batch.target < FIRST_TOKEN)).all(1)[data].double()
    chance = task.chance(length)
    assert abs(right.mean().item() - chance) < 5 * (chance / len(right)) ** 0.5
