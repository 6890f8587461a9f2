"""mLSTM against the paper's recursion, a step, a row and a head at a time, in numpy: with and without its m."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from cases import assert_close
from numpy.typing import NDArray
from torch import Tensor

from models.layers.mlstm import BLOCK, MLSTMMixer, recur

BATCH, HEADS, WIDTH = 2, 3, 4
HIDDEN = HEADS * WIDTH
Numbers = NDArray[Any]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def drawn(time: int) -> list[Tensor]:
    """Draw queries, keys, values, logarithms of i and f, a memory with n behind it, and m, in float64."""

    def numbers(*shape: int) -> Tensor:
        return torch.randn(BATCH, HEADS, *shape, dtype=torch.double)

    keep = torch.nn.functional.logsigmoid(2 * numbers(time))
    read = [numbers(time, WIDTH) for _ in range(3)]
    return [*read, 3 * numbers(time), keep, numbers(WIDTH, WIDTH + 1), 2 * numbers()]


def plainly(*given: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Go through one head's steps by the paper's formula without m -> what is read, and the last C and n."""
    query, key, value, write, keep, memory, peak = given
    c, n = np.exp(peak) * memory[:, :-1].T, np.exp(peak) * memory[:, -1]
    shown = []
    for q, k, v, i, f in zip(query, key, value, np.exp(write), np.exp(keep), strict=True):
        c, n = f * c + i * np.outer(v, k), f * n + i * k
        shown.append(c @ q / max(abs(n @ q), 1))
    return np.array(shown), c, n


def stabilised(*given: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Do the same by the paper's formula with m -> what is read, and the last C, n and m."""
    query, key, value, write, keep, memory, m = given
    c, n, shown = memory[:, :-1].T, memory[:, -1], []
    for q, k, v, i, f in zip(query, key, value, write, keep, strict=True):
        before, m = m, max(f + m, i)
        c = np.exp(f + before - m) * c + np.exp(i - m) * np.outer(v, k)
        n = np.exp(f + before - m) * n + np.exp(i - m) * k
        shown.append(c @ q / max(abs(n @ q), np.exp(-m)))
    return np.array(shown), c, n, m


def heads(parts: list[Tensor]) -> list[list[Numbers]]:
    return [[part[row, head].numpy() for part in parts] for row in range(BATCH) for head in range(HEADS)]


def assert_equal(left: Numbers, right: Numbers) -> None:
    np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("time", [1, 5, BLOCK, 2 * BLOCK + 7])
def test_blocks_are_the_recursion_step_by_step(time: int) -> None:
    given = drawn(time)
    for each, (shown, memory, peak) in zip(heads(given), heads(list(recur(*given))), strict=True):
        read, c, n, m = stabilised(*each)
        assert_equal(shown, read)
        assert_equal(memory, np.column_stack([c.T, n]))
        assert_equal(peak, m)
        read, c, n = plainly(*each)
        assert_equal(shown, read)
        assert_equal(np.exp(peak) * memory, np.column_stack([c.T, n]))


def test_gates_that_overflow_without_a_stabiliser_do_no_harm() -> None:
    """Where all is written with e^1000 the 1 that n is held against counts nothing; with e^-1000 it is all there is."""
    query, key, value, write, keep, memory, peak = drawn(BLOCK + 3)
    shown, last, peaks = recur(query, key, value, write + 1000, keep, 0 * memory, peak)
    for (read, held, m), each in zip(
        heads([shown, last, peaks]), heads([query, key, value, write, keep, 0 * memory, peak]), strict=True
    ):
        asked, keys, values, writes, keeps, *_ = each
        total = np.cumsum(keeps)
        weight = np.tril(np.exp(total[:, None] - total + writes) * (asked @ keys.T))
        np.testing.assert_allclose(read, weight @ values / abs(weight.sum(1, keepdims=True)), rtol=1e-6)
        assert m > 900
        assert np.isfinite(held).all()
    shown, last, _ = recur(query, key, value, write - 1000, keep, 0 * memory, peak)
    assert not shown.any()
    assert last.isfinite().all()


def test_a_query_of_zeros_reads_zeros_whatever_was_written() -> None:
    query, key, value, write, keep, memory, peak = drawn(3)
    shown, _, _ = recur(0 * query, key, value, write + 1000, keep, memory, peak)
    assert torch.equal(shown, 0 * value)


def test_gradients_are_those_of_finite_differences() -> None:
    """Of what is read: it does not depend on any m but the first, so that no gradient goes through the others."""
    given = [part[:1, :2].clone().requires_grad_() for part in drawn(4)]
    assert torch.autograd.gradcheck(lambda *parts: recur(*parts)[0], given)


def layered(time: int) -> tuple[MLSTMMixer, Tensor, Tensor]:
    """Make a layer in float64 whose gates are far from alike, inputs, and a state that something has left."""
    layer = MLSTMMixer(HIDDEN, HEADS).double()
    torch.nn.init.normal_(layer.input.weight)
    torch.nn.init.normal_(layer.input.bias)
    state = torch.zeros(layer.parts, 3, HIDDEN, dtype=torch.double)
    _, state = layer(torch.randn(3, 5, HIDDEN, dtype=torch.double), state)
    return layer, torch.randn(3, time, HIDDEN, dtype=torch.double), state.detach()


def mapped(layer: MLSTMMixer, inputs: Numbers, state: Numbers) -> tuple[Numbers, Numbers]:
    """Go through one row: inputs (time, hidden), state (parts, hidden) -> what comes out, and the last state."""
    made = inputs @ layer.input.weight.detach().numpy().T + layer.input.bias.detach().numpy()
    query, key, value, show = (made[:, part * HIDDEN : (part + 1) * HIDDEN] for part in range(4))
    write, forget = made[:, 4 * HIDDEN : 4 * HIDDEN + HEADS], made[:, 4 * HIDDEN + HEADS :]
    normed, after = np.zeros_like(query), np.zeros_like(state)
    for head in range(HEADS):
        own = slice(head * WIDTH, (head + 1) * WIDTH)
        keep = -np.log(1 + np.exp(-forget[:, head]))
        given = (query[:, own], key[:, own] / np.sqrt(WIDTH), value[:, own], write[:, head], keep)
        read, c, n, m = stabilised(*given, state[:-1, own].T, state[-1, own][0])
        normed[:, own] = read / np.sqrt((read**2).mean(1, keepdims=True) + np.finfo(float).eps)
        after[:, own] = [*c, n, np.full(WIDTH, m)]
    return normed / (1 + np.exp(-show)) @ layer.output.weight.detach().numpy().T, after


@pytest.mark.parametrize("time", [1, 9])
def test_the_layer_is_the_papers_with_a_norm_for_each_head(time: int) -> None:
    layer, inputs, state = layered(time)
    outputs, after = layer(inputs, state)
    for row in range(3):
        expected, last = mapped(layer, inputs[row].numpy(), state[:, row].numpy())
        assert_equal(outputs[row].detach().numpy(), expected)
        assert_equal(after[:, row].detach().numpy(), last)


@pytest.mark.parametrize("cuts", [1, 50])
def test_steps_and_pieces_equal_one_pass_across_blocks(cuts: int) -> None:
    layer, inputs, state = layered(BLOCK + 9)
    outputs, after = layer(inputs, state)
    made = []
    for piece in inputs.split(cuts, 1):
        one, state = layer(piece, state)
        made.append(one)
    torch.testing.assert_close(torch.cat(made, 1), outputs)
    torch.testing.assert_close(state, after)


@pytest.mark.parametrize("filler", [0.0, 1e3])
def test_past_a_rows_end_nothing_changes(filler: float) -> None:
    layer, inputs, state = layered(BLOCK + 9)
    lengths = (BLOCK + 9, 4, 1)
    for row, length in enumerate(lengths):
        inputs[row, length:] = filler
    inputs.requires_grad_()
    outputs, after = layer(inputs, state, torch.tensor(lengths))
    assert outputs.isfinite().all()
    for row, length in enumerate(lengths):
        alone, last = layer(inputs[row : row + 1, :length], state[:, row : row + 1])
        assert_close(outputs[row, :length], alone[0])
        torch.testing.assert_close(after[:, row], last[:, 0])
    after.square().sum().backward()
    assert inputs.grad is not None
    for row, length in enumerate(lengths):
        assert inputs.grad[row, :length].any(-1).all()
        assert not inputs.grad[row, length:].any()


def test_forget_gates_start_open_wider_from_head_to_head() -> None:
    assert MLSTMMixer(HIDDEN, HEADS).input.bias[-HEADS:].tolist() == [3.0, 4.5, 6.0]
