"""The stack against Python's lists."""

from __future__ import annotations

import math
import random

import pytest
import torch
from cases import assert_close
from torch import Tensor, nn

from models.layers.memory import Choice
from models.stack_rnn import Stack

CELL, SURE = 3, 1000.0  # a score so high that softmax takes that action whole


PUSH, POP, KEEP = range(3)


SOFT = Choice(1.0, 0.0, False)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def surely(action: int, actions: int) -> Tensor:
    return SURE * nn.functional.one_hot(torch.tensor(action), actions)


def written(value: list[float]) -> Tensor:
    """The command that writes this value: tanh is taken of it, and it is stored relative to an empty slot."""
    return (torch.tensor(value) - 1).atanh()


def drawn_value(source: random.Random) -> list[float]:
    return [source.uniform(0.05, 1.95) for _ in range(CELL)]


@pytest.mark.parametrize("hard", [False, True])
def test_a_driven_stack_is_a_list(hard: bool) -> None:
    rows, source, stack = 5, random.Random(1), Stack(CELL, Choice(1.0, 0.0, hard)).eval()
    lists: list[list[list[float]]] = [[] for _ in range(rows)]
    slots, depth = stack.start(rows)
    popped_empty = 0
    for _ in range(60):
        commands = []
        for items in lists:
            action, value = source.choice([PUSH, PUSH, POP, POP, KEEP]), drawn_value(source)
            commands.append(torch.cat([surely(action, 3), written(value)]))
            popped_empty += action == POP and not items
            if action == PUSH:
                items.insert(0, value)
            elif action == POP and items:
                items.pop(0)
        slots, depth = stack.act(torch.stack(commands), *stack.room(slots, depth, 1))
        assert stack.trace(slots, depth)["depth"].tolist() == [len(items) for items in lists]
        for row, items in enumerate(lists):
            assert_close(slots[row, : len(items)], torch.tensor(items).view(-1, CELL))
            assert not slots[row, len(items) :].any()
            assert_close(stack.show(slots, depth)[row], torch.tensor(items[0] if items else [0.0] * CELL))
    assert popped_empty > 10


def test_a_soft_stack_is_the_weighted_sum_of_three_stacks() -> None:
    stack = Stack(CELL, SOFT)
    slots, depth = torch.rand(2, 4, CELL), torch.tensor([0.1, 2.0])
    commands = torch.randn(2, 3 + CELL)
    after, deep = stack.act(commands, *stack.room(slots, depth, 1))
    assert after.shape == (2, 5, CELL)
    for row in range(2):
        scores = [math.exp(score) for score in commands[row, :3].tolist()]
        push, pop, keep = (score / sum(scores) for score in scores)
        old = [*slots[row], torch.zeros(CELL), torch.zeros(CELL)]
        pushed = [torch.tanh(commands[row, 3:]) + 1, *old]
        for place in range(5):
            assert_close(after[row, place], push * pushed[place] + pop * old[place + 1] + keep * old[place])
        assert deep[row].item() == pytest.approx(max(0.0, depth[row].item() + push - pop))
