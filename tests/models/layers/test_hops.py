"""Recurrences that send each number to one place, against loops with whole matrices in numpy."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.layers import hops
from models.layers.hops import hop

BATCH, HEADS, COUNT, SIZE = 2, 2, 3, 4
Numbers = NDArray[Any]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def drawn(time: int) -> list[Tensor]:
    """Draw weights, matrices, factors below 1, drives and a start, in double precision."""

    def numbers(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.cdouble)

    mix = torch.randn(BATCH, time, HEADS, COUNT, dtype=torch.double).softmax(3)
    matrices = torch.randn(HEADS, COUNT, SIZE, SIZE, dtype=torch.double)
    factor = torch.polar(*torch.rand(2, BATCH, time, HEADS * SIZE, dtype=torch.double))
    return [mix, matrices, factor, numbers(BATCH, time, HEADS * SIZE), numbers(BATCH, HEADS * SIZE)]


def logits(mix: Numbers, matrices: Numbers) -> Numbers:
    """Mix one step's matrices (heads, count, columns, rows) -> (heads, rows, columns)."""
    return np.array([sum(w * m.T for w, m in zip(*each, strict=True)) for each in zip(mix, matrices, strict=True)])


def softmax(each: Numbers) -> Numbers:
    powers = np.exp(each)
    return powers / powers.sum(1, keepdims=True)  # over the rows of a column


def slowly(given: list[Numbers], moved: list[Numbers] | None = None) -> Numbers:
    """Go step by step, with whole matrices P and D; with `moved`, as if P changed as the softmax of its logits does.

    moved: mix and matrices for the softmax
    """
    mix, matrices, factor, drive, start = given
    states = np.zeros(drive.shape, complex)
    for row in range(len(start)):
        state = start[row]
        for step in range(drive.shape[1]):
            whole = np.zeros((HEADS * SIZE, HEADS * SIZE))
            asked = logits(mix[row, step], matrices)
            other = asked if moved is None else logits(moved[0][row, step], moved[1])
            for head in range(HEADS):
                places = slice(head * SIZE, (head + 1) * SIZE)
                one_hot = np.zeros((SIZE, SIZE))
                for column in range(SIZE):
                    one_hot[asked[head, :, column].argmax(), column] = 1
                whole[places, places] = one_hot + (softmax(other) - softmax(asked))[head]
            state = whole @ np.diag(factor[row, step]) @ state + drive[row, step]
            states[row, step] = state
    return states


@pytest.mark.parametrize("at_once", [1, 3 * HEADS * SIZE**2, 2**18])
@pytest.mark.parametrize("time", [1, 7])
def test_hops_are_products_with_whole_matrices(time: int, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hops, "LOGITS", at_once)
    given = drawn(time)
    np.testing.assert_allclose(hop(*given).numpy(), slowly([each.numpy() for each in given]), atol=1e-12)


def test_gradients_of_what_is_sent_are_those_of_finite_differences() -> None:
    mix, matrices, *rest = drawn(2)
    rest = [each[:1].requires_grad_() for each in rest]
    assert torch.autograd.gradcheck(lambda *sent: hop(mix[:1], matrices, *sent), rest)


@pytest.mark.parametrize("at_once", [2 * HEADS * SIZE**2, 2**18])
def test_gradients_of_the_choice_are_those_of_its_softmax(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """By finite differences: P is a one in each column, plus what its softmax has changed by."""
    monkeypatch.setattr(hops, "LOGITS", at_once)
    given = drawn(3)
    weight = torch.randn_like(given[3])
    mix, matrices = (each.requires_grad_() for each in given[:2])
    (hop(*given) * weight).real.sum().backward()
    plain, small = [each.detach().numpy() for each in given], 1e-5
    for which, learnt in enumerate((mix, matrices)):
        assert learnt.grad is not None
        for place in np.ndindex(*learnt.shape):
            losses = []
            for change in (small, -small):
                moved = [each.copy() for each in plain[:2]]
                moved[which][place] += change
                losses.append((slowly(plain, moved) * weight.numpy()).real.sum())
            assert learnt.grad[place].item() == pytest.approx((losses[0] - losses[1]) / (2 * small), rel=1e-5, abs=1e-7)


def test_an_automaton_is_followed_for_a_thousand_letters() -> None:
    """Its state is a place of the recurrence's, and a letter's matrix has a letter's moves in its columns."""
    draw, letters, states = random.Random(0), 3, 5
    table = [[draw.randrange(states) for _ in range(states)] for _ in range(letters)]
    word = [draw.randrange(letters) for _ in range(1000)]
    matrices = torch.nn.functional.one_hot(torch.tensor(table), states).float()[None]
    mix = torch.nn.functional.one_hot(torch.tensor(word), letters).float()[None, :, None]
    nothing = torch.zeros(1, len(word), states, dtype=torch.cfloat)
    found = hop(mix, matrices, torch.ones_like(nothing), nothing, torch.eye(states, dtype=torch.cfloat)[:1])
    expected, at = [], 0
    for letter in word:
        at = table[letter][at]
        expected.append(at)
    assert found.real.argmax(2)[0].tolist() == expected
    assert found.abs().sum(2).eq(1).all()
