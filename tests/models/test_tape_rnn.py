"""The tape against a Turing machine of Python's dictionaries."""

from __future__ import annotations

import math
import random

import pytest
import torch
from cases import assert_close
from torch import Tensor, nn

from models.layers.memory import Choice
from models.tape_rnn import Tape

CELL, SURE = 3, 1000.0  # a score so high that softmax takes that action whole


LEFT, STAY, RIGHT = range(3)


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


def tape_command(write: bool, moves: tuple[int, int], value: list[float], sharpness: tuple[float, ...]) -> Tensor:
    gate = surely(0 if write else 1, 2)
    return torch.cat([gate, surely(moves[0], 3), surely(moves[1], 3), torch.tensor(sharpness), written(value)])


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("sharpen", [False, True])
def test_a_driven_tape_is_a_turing_machines(sharpen: bool, hard: bool) -> None:
    rows, source, tape = 4, random.Random(2), Tape(CELL, Choice(1.0, 0.0, hard), sharpen=sharpen).eval()
    tapes: list[dict[int, list[float]]] = [{} for _ in range(rows)]
    places = [[1, 1] for _ in range(rows)]
    slots, heads = tape.start(rows)
    at_edge = 0
    for time in range(60):
        commands = []
        for row in range(rows):
            write, value = source.random() < 0.7, drawn_value(source)
            moves = source.choices([LEFT, STAY, RIGHT], [3, 2, 3 + time % 2], k=2)
            sharpness = (source.uniform(-2, 2), source.uniform(-2, 2)) if sharpen else ()
            commands.append(tape_command(write, (moves[0], moves[1]), value, sharpness))
            if write:
                tapes[row][places[row][0]] = value
            at_edge += sum(place == 0 and move == LEFT for place, move in zip(places[row], moves, strict=True))
            places[row] = [max(0, place + move - 1) for place, move in zip(places[row], moves, strict=True)]
        slots, heads = tape.act(torch.stack(commands), *tape.room(slots, heads, 1))
        traced = tape.trace(slots, heads)
        assert traced["write head"].tolist() == [place[0] for place in places]
        assert traced["read head"].tolist() == [place[1] for place in places]
        for row in range(rows):
            full = [tapes[row].get(place, [0.0] * CELL) for place in range(slots.shape[1])]
            assert_close(slots[row], torch.tensor(full))
            assert_close(tape.show(slots, heads)[row], torch.tensor(full[places[row][1]]))
    assert at_edge > 10


@pytest.mark.parametrize("sharpen", [False, True])
def test_a_soft_tape_is_its_formula_slot_by_slot(sharpen: bool) -> None:
    tape, count = Tape(CELL, SOFT, sharpen=sharpen), 5
    slots, heads = torch.rand(1, count, CELL), torch.rand(1, 2, count).softmax(-1)
    commands = torch.randn(1, len(tape.lean))
    after, turned = tape.act(commands, *tape.room(slots, heads, 1))
    numbers = commands[0].tolist()
    gate = math.exp(numbers[0]) / (math.exp(numbers[0]) + math.exp(numbers[1]))
    value = [math.tanh(number) + 1 for number in numbers[-CELL:]]
    for place in range(count):
        share = gate * heads[0, 0, place].item()
        for number in range(CELL):
            old = slots[0, place, number].item()
            assert after[0, place, number].item() == pytest.approx(old * (1 - share) + share * value[number], rel=1e-4)
    assert not after[0, count].any()
    for head in range(2):
        raised = [math.exp(score) for score in numbers[2 + 3 * head : 5 + 3 * head]]
        expected = [0.0] * (count + 1)
        for place, weight in enumerate(heads[0, head].tolist()):
            for move, share in enumerate(raised):
                expected[max(0, place + move - 1)] += weight * share / sum(raised)
        if sharpen:
            power = 1 + math.log1p(math.exp(numbers[8 + head]))
            powers = [weight**power for weight in expected]
            expected = [each / sum(powers) for each in powers]
        assert turned[0, head].tolist() == pytest.approx(expected, rel=1e-4)


def test_sharpening_holds_for_a_head_that_is_spread_over_thousands_of_cells() -> None:
    tape = Tape(CELL, SOFT, sharpen=True)
    heads = torch.full((1, 2, 4000), 1 / 4000)
    commands = torch.zeros(1, len(tape.lean))
    commands[:, 8:10] = 40.0
    _, turned = tape.act(commands, torch.zeros(1, 4000, CELL), heads)
    assert turned.isfinite().all()
    assert_close(turned.sum(-1), torch.ones(1, 2))
