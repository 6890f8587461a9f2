"""The character loop against a loop in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from cases import assert_close
from numpy.typing import NDArray
from torch import Tensor

from models.char_loop import LoopLayer

BATCH, TIME, WIDTH, HIDDEN = 4, 7, 5, 6


LENGTHS = torch.tensor([3, 7, 1, 5])


Floats = NDArray[np.float64]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def drawn_state() -> tuple[Tensor, Tensor]:
    return torch.randn(BATCH, TIME, WIDTH), torch.randn(1, BATCH, HIDDEN)


def numbers(values: Tensor) -> Floats:
    return values.detach().double().numpy()


@pytest.mark.parametrize("join", ["add", "concat"])
def test_the_character_loop_is_its_formula_step_by_step(join: str) -> None:
    layer = LoopLayer(WIDTH, HIDDEN, join)
    inputs, state = drawn_state()
    outputs, last = layer(inputs, state)
    u, b, w, c = map(numbers, (layer.input.weight, layer.input.bias, layer.recurrent.weight, layer.recurrent.bias))
    for row in range(BATCH):
        hidden = numbers(state)[0, row]
        for time in range(TIME):
            read = numbers(inputs)[row, time]
            if join == "add":
                joined = hidden + np.maximum(u @ read + b, 0)
            else:
                joined = np.maximum(u[:, :HIDDEN] @ hidden + u[:, HIDDEN:] @ read + b, 0)
            hidden = np.tanh(w @ joined + c)
            np.testing.assert_allclose(numbers(outputs)[row, time], hidden, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(numbers(last)[0, row], hidden, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("layer", [LoopLayer(WIDTH, HIDDEN, "add"), LoopLayer(WIDTH, HIDDEN, "concat")])
def test_the_character_loop_ends_at_each_rows_own_length(layer: LoopLayer) -> None:
    inputs, state = drawn_state()
    _, last = layer(inputs, state, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        alone, _ = layer(inputs[row : row + 1, :length], state[:, row : row + 1])
        assert_close(last[0, row], alone[0, -1])
