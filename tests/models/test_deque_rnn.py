"""The deque against Python's own, and against the paper's recursions one place at a time."""

from __future__ import annotations

import random
from collections import deque

import pytest
import torch
from cases import SMALL_TASKS, assert_close
from torch import Tensor, nn

from models import build
from models.deque_rnn import ACTIONS, Deque
from models.layers.memory import Choice, Machine

CELL, SURE = 3, 1000.0  # a score so high that softmax takes that action whole
PUSH_TOP, POP_TOP, PUSH_BOTTOM, POP_BOTTOM, NOTHING = range(ACTIONS)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def command(action: int, top: list[float], bottom: list[float]) -> Tensor:
    """What takes an action whole and has these values at hand: tanh is taken of them, and 1 added."""
    scores = SURE * nn.functional.one_hot(torch.tensor(action), ACTIONS)
    return torch.cat([scores, (torch.tensor(top + bottom) - 1).atanh()])


@pytest.mark.parametrize("hard", [False, True])
def test_a_driven_deque_is_pythons(hard: bool) -> None:
    rows, source, store = 5, random.Random(1), Deque(CELL, Choice(1.0, 0.0, hard)).eval()
    held: list[deque[list[float]]] = [deque() for _ in range(rows)]
    state, empty = store.start(rows), [0.0] * CELL
    popped_empty = 0
    for _ in range(200):
        commands = []
        for items in held:
            action = source.randrange(ACTIONS)
            top, bottom = ([source.uniform(0.05, 1.95) for _ in range(CELL)] for _ in range(2))
            commands.append(command(action, top, bottom))
            popped_empty += action in (POP_TOP, POP_BOTTOM) and not items
            if action == PUSH_TOP:
                items.append(top)
            elif action == PUSH_BOTTOM:
                items.appendleft(bottom)
            elif action == POP_TOP and items:
                items.pop()
            elif action == POP_BOTTOM and items:
                items.popleft()
        state = store.act(torch.stack(commands), *store.room(*state, 1))
        assert_close(store.trace(*state)["depth"], torch.tensor([float(len(items)) for items in held]))
        for row, items in enumerate(held):
            ends = (items[-1] + items[0]) if items else empty + empty
            assert_close(store.show(*state)[row], torch.tensor(ends))
    assert popped_empty > 10


def slowly(commands: Tensor, values: list[Tensor], strengths: list[float]) -> tuple[list[Tensor], list[float], Tensor]:
    """Take the paper's step for one row, place by place -> values and strengths, bottom first, and both reads."""
    actions = commands[:ACTIONS].softmax(0).tolist()
    left = list(strengths)
    for order, amount in ((range(len(left) - 1, -1, -1), actions[POP_TOP]), (range(len(left)), actions[POP_BOTTOM])):
        for place in order:
            taken = min(left[place], amount)
            left[place] -= taken
            amount -= taken
    top, bottom = (torch.tanh(commands[ACTIONS:]) + 1).chunk(2)
    values, left = [bottom, *values, top], [actions[PUSH_BOTTOM], *left, actions[PUSH_TOP]]
    reads = []
    for order in (range(len(left) - 1, -1, -1), range(len(left))):
        lacking, read = 1.0, torch.zeros(CELL)
        for place in order:
            share = min(left[place], lacking)
            read, lacking = read + share * values[place], lacking - share
        reads.append(read)
    return values, left, torch.cat(reads)


def test_soft_steps_are_the_papers_place_by_place() -> None:
    store, rows = Deque(CELL, Choice(1.0, 0.0, False)), 3
    state = store.start(rows)
    plain: list[tuple[list[Tensor], list[float]]] = [([], []) for _ in range(rows)]
    for _ in range(12):
        commands = 2 * torch.randn(rows, len(store.lean))
        state = store.act(commands, *state)
        for row in range(rows):
            values, strengths, reads = slowly(commands[row], *plain[row])
            plain[row] = values, strengths
            assert_close(state[0][row], torch.stack(values))
            assert_close(state[1][row], torch.tensor(strengths))
            assert_close(store.show(*state)[row], reads)


def test_gradients_are_those_of_finite_differences() -> None:
    store = Deque(CELL, Choice(1.0, 0.0, False))
    commands = [torch.randn(2, len(store.lean), dtype=torch.double, requires_grad=True) for _ in range(4)]

    def shown(*sent: Tensor) -> Tensor:
        state, found = tuple(part.double() for part in store.start(2)), []
        for each in sent:
            state = store.act(each, *state)
            found.append(store.show(*state))
        return torch.stack(found)

    assert torch.autograd.gradcheck(shown, commands)


@pytest.mark.parametrize("settings", [{}, {"hard": True}])
def test_padded_steps_change_neither_controller_nor_what_is_held(settings: dict[str, bool]) -> None:
    task = SMALL_TASKS["symbols"]
    machine: Machine = build("deque_rnn", task.source, task.target, hidden=8, **settings).eval().encoder.machine
    nn.init.normal_(machine.controller.input.weight)  # any command might come at any step
    nn.init.normal_(machine.controller.command.weight)
    inputs, active = torch.randn(3, 40, 8), torch.arange(40) < torch.tensor([[6], [1], [0]])
    with torch.no_grad():
        _, whole = machine(inputs, 0, machine.start(3), active)
        for row, length in enumerate((6, 1, 0)):
            alone = machine.start(1)
            if length:
                _, alone = machine(inputs[row : row + 1, :length], 0, alone)
            torch.testing.assert_close(whole.hidden[row], alone.hidden[0], rtol=0, atol=1e-6)
            unused = 40 - length  # places at either end, of steps that pushed nothing
            torch.testing.assert_close(whole.place[row, unused : 80 - unused], alone.place[0], rtol=0, atol=1e-6)
            torch.testing.assert_close(whole.slots[row, unused : 80 - unused], alone.slots[0], rtol=0, atol=1e-6)
            assert not whole.place[row, :unused].any()
            assert not whole.place[row, 80 - unused :].any()
