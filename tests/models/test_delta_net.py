"""Gated DeltaNets against the papers' recursion, a step and a reflection at a time, in numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from cases import assert_close
from numpy.typing import NDArray
from torch import Tensor

from models import MODELS
from models.delta_net import BLOCK, DeltaMixer, recur

BATCH, HEADS, WIDTH = 2, 3, 4
Numbers = NDArray[Any]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def drawn(time: int, each: int) -> list[Tensor]:
    """Draw queries, keys of length 1, values, shares that are written and kept, and a memory, in float64."""

    def numbers(*shape: int) -> Tensor:
        return torch.randn(BATCH, HEADS, *shape, dtype=torch.double)

    keys = torch.nn.functional.normalize(numbers(each * time, WIDTH), dim=-1)
    write, keep = 2 * numbers(each * time).sigmoid(), torch.nn.functional.logsigmoid(numbers(each * time))
    return [numbers(time, WIDTH), keys, numbers(each * time, WIDTH), write, keep, numbers(WIDTH, WIDTH)]


def slowly(query: Numbers, key: Numbers, value: Numbers, write: Numbers, keep: Numbers, memory: Numbers) -> Any:
    """Go through one head's steps by the formula -> what is read of each, and the last memory."""
    each, shown = len(key) // len(query), []
    for step, asked in enumerate(query):
        for at in range(step * each, (step + 1) * each):
            turned = np.eye(WIDTH) - write[at] * np.outer(key[at], key[at])
            memory = np.exp(keep[at]) * turned @ memory + write[at] * np.outer(key[at], value[at])
        shown.append(asked @ memory)
    return np.array(shown), memory


@pytest.mark.parametrize("each", [1, 3])
@pytest.mark.parametrize("time", [1, 5, BLOCK, 2 * BLOCK + 7])
def test_blocks_are_the_recursion_step_by_step(time: int, each: int) -> None:
    given = drawn(time, each)
    shown, memory = recur(*given)
    for row in range(BATCH):
        for head in range(HEADS):
            expected, last = slowly(*(part[row, head].numpy() for part in given))
            np.testing.assert_allclose(shown[row, head].numpy(), expected, rtol=1e-9, atol=1e-9)
            np.testing.assert_allclose(memory[row, head].numpy(), last, rtol=1e-9, atol=1e-9)


def test_gradients_are_those_of_finite_differences() -> None:
    given = [part.requires_grad_() for part in drawn(4, 2)]
    assert torch.autograd.gradcheck(recur, given)


def test_a_write_of_two_turns_the_memory_round_and_one_of_one_replaces_it() -> None:
    """With b = 2 a reflection: what a key stands for changes its sign at every step, which counts modulo 2."""
    time = 7
    key = torch.tensor([1.0, 0, 0, 0], dtype=torch.double).expand(1, 1, time, WIDTH)
    nothing, one = torch.zeros_like(key), torch.ones(1, 1, time, dtype=torch.double)
    memory = torch.eye(WIDTH, dtype=torch.double)[None, None]
    turned, _ = recur(key, key, nothing, 2 * one, 0 * one, memory)
    assert turned[0, 0, :, 0].tolist() == pytest.approx([-1, 1] * 3 + [-1])
    value = torch.arange(28, dtype=torch.double).view(1, 1, time, WIDTH)
    replaced, _ = recur(key, key, value, one, 0 * one, memory)
    assert_close(replaced, value)


@pytest.mark.parametrize("settings", [(1, True, True), (2, False, True), (3, True, False)])
def test_steps_past_a_rows_end_leave_its_memory(settings: tuple[int, bool, bool]) -> None:
    mixer = DeltaMixer(HEADS * WIDTH, HEADS, *settings)
    inputs, state = torch.randn(3, 9, HEADS * WIDTH), torch.randn(WIDTH, 3, HEADS * WIDTH)
    shown, after = mixer(inputs, state, torch.tensor([9, 4, 1]))
    for row, length in enumerate((9, 4, 1)):
        alone, last = mixer(inputs[row : row + 1, :length], state[:, row : row + 1])
        assert_close(shown[row, :length], alone[0])
        assert_close(after[:, row], last[:, 0])


def test_heads_that_do_not_divide_are_one_line() -> None:
    with pytest.raises(ValueError, match=r"^hidden must be a multiple of heads; got 10 and 4$"):
        MODELS["delta_net"](hidden=10)
