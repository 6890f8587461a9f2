"""How attention moves, against plain Python."""

from __future__ import annotations

import math

import pytest
import torch
from cases import assert_close
from torch import Tensor

from models.base import Memory
from models.layers.moves import SMALLEST, Convolution, Shift, place_of


def driven(shift: Shift, moves: list[int], power: float, drive: Tensor) -> None:
    """Make heads move by -1, 0 or +1, as good as surely, and sharpen by a power, whatever drives them."""
    with torch.no_grad():
        shift.shares.weight.zero_()
        shift.power.weight.zero_()
        shift.shares.bias.copy_(
            torch.full((len(moves), 3), -40.0).scatter(1, torch.tensor(moves)[:, None] + 1, 0).flatten()
        )
        shift.power.bias.fill_(math.log(math.expm1(power - 1)))


@pytest.mark.parametrize("seed", range(5))
def test_a_shift_moves_blurs_and_sharpens_as_its_formula_says(seed: int) -> None:
    torch.manual_seed(seed)
    shift, drive = Shift(4, 2, 0), torch.randn(3, 4)
    weights = torch.rand(3, 2, 6).softmax(-1)
    mask = torch.arange(6) < torch.tensor([[6], [4], [5]])
    shift.requires_grad_(False)
    moved = shift(weights * mask[:, None], drive, Memory(mask.sum(1), torch.zeros(3, 6, 4)))
    for row in range(3):
        shares = shift.shares(drive[row]).view(2, 3).softmax(-1).tolist()
        for head in range(2):
            power = 1 + math.log1p(math.exp(float(shift.power(drive[row])[head])))
            before = (weights[row, head] * mask[row]).tolist()
            raised = []
            for place in range(int(mask[row].sum())):
                right_of, left_of = before[place + 1] if place < 5 else 0.0, before[place - 1] if place else 0.0
                mixed = shares[head][0] * right_of + shares[head][1] * before[place] + shares[head][2] * left_of
                raised.append((mixed + SMALLEST) ** power)
            expected = [each / sum(raised) for each in raised] + [0.0] * (6 - len(raised))
            assert_close(moved[row, head], torch.tensor(expected))


def test_a_sharp_head_walks_thousands_of_places_and_stops_at_the_end() -> None:
    shift = Shift(2, 1, 1)
    driven(shift, [1], 3.0, torch.zeros(1, 2))
    places = 3000
    weights, source = torch.zeros(1, 1, places), Memory(torch.tensor([places]), torch.zeros(1, places, 1))
    weights[..., 0] = 1
    with torch.no_grad():
        for step in range(1, places):
            weights = shift(weights, torch.zeros(1, 2), source)
            if step % 500 == 0:
                assert int(weights.argmax()) == step
                assert float(weights.max()) > 0.999


def test_heads_prefer_their_direction_at_first() -> None:
    torch.manual_seed(0)
    for direction in (-1, 0, 1):
        shares = Shift(8, 3, direction).shares.bias.detach().view(3, 3)
        gained = shares[:, 1 + direction].mean() - shares.mean()
        assert (float(gained) > 1) == (direction != 0)


def test_a_convolution_scores_places_as_its_formula_says() -> None:
    torch.manual_seed(1)
    layer, drive, keys = Convolution(4, 3, 2), torch.randn(2, 4), torch.randn(2, 7, 3)
    weights, mask = torch.rand(2, 2, 7), torch.arange(7) < torch.tensor([[7], [5]])
    layer.requires_grad_(False)
    placed = layer(weights, drive, Memory(mask.sum(1), keys))
    kernel = layer.filters.weight[:, 0]  # (filters, 5)
    for row in range(2):
        for head in range(2):
            scores = []
            for place in range(int(mask[row].sum())):
                located = torch.zeros(len(kernel))
                for tap in range(5):
                    if 0 <= place + tap - 2 < 7:
                        located += 4 * weights[row, head, place + tap - 2] * kernel[:, tap]
                inner = (
                    layer.state(drive[row]) + layer.head[head, 0] + layer.key(keys[row, place]) + layer.place(located)
                )
                scores.append(float(layer.scale[head] * layer.score(inner.tanh())))
            expected = torch.zeros(7)
            expected[: len(scores)] = torch.tensor(scores).softmax(0)
            assert_close(placed[row, head], expected)


def test_places_are_found_by_count() -> None:
    symbols = torch.tensor([[9, 3, 5, 3, 10, 0], [9, 5, 10, 0, 0, 0]])
    length = torch.tensor([5, 3])
    assert place_of(symbols, length, 3, 1).tolist() == [1, 2]  # the second row has none: its last place
    assert place_of(symbols, length, 3, 2).tolist() == [3, 2]
