"""sLSTM against the paper's recursion, a step, a row and a head at a time, in numpy: with and without its m."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from cases import assert_close
from numpy.typing import NDArray
from torch import Tensor

from models.layers.slstm import SLSTMMixer

BATCH, HEADS, WIDTH = 3, 2, 2
HIDDEN = HEADS * WIDTH
Numbers = NDArray[Any]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def made() -> SLSTMMixer:
    """Make a layer in float64 whose gates are far from alike."""
    layer = SLSTMMixer(HIDDEN, HEADS).double()
    torch.nn.init.normal_(layer.input.weight)
    torch.nn.init.normal_(layer.input.bias)
    return layer


def drawn(time: int) -> Tensor:
    return torch.randn(BATCH, time, HIDDEN, dtype=torch.double)


def fresh(batch: int = BATCH) -> Tensor:
    return torch.zeros(4, batch, HIDDEN, dtype=torch.double)


def later(layer: SLSTMMixer) -> Tensor:
    """Return a state that something has left."""
    return layer(drawn(5), fresh())[1].detach()


def sigmoid(values: Numbers) -> Numbers:
    return 1 / (1 + np.exp(-values))


def gates(layer: SLSTMMixer, head: int, read: Numbers, hidden: Numbers) -> list[Numbers]:
    """Return what goes into one head's gates i, f, z and o."""
    rows = slice(head * 4 * WIDTH, (head + 1) * 4 * WIDTH)
    driven = layer.input.weight[rows].detach().numpy() @ read + layer.input.bias[rows].detach().numpy()
    return np.split(driven + layer.recurrent[head].detach().numpy().T @ hidden, 4)


def plainly(layer: SLSTMMixer, inputs: Numbers, state: Numbers) -> tuple[Numbers, Numbers]:
    """Go through one row by the paper's formula without m: state (3, hidden), h, c and n -> every h and the last."""
    state, shown = state.reshape(3, HEADS, WIDTH).copy(), []
    for read in inputs:
        for head, (hidden, cell, norm) in enumerate(state.transpose(1, 0, 2)):
            i, f, z, o = gates(layer, head, read, hidden)
            cell = sigmoid(f) * cell + np.exp(i) * np.tanh(z)
            norm = sigmoid(f) * norm + np.exp(i)
            state[:, head] = sigmoid(o) * cell / norm, cell, norm
        shown.append(state[0].copy())
    return np.array(shown), state.reshape(3, HIDDEN)


def stabilised(layer: SLSTMMixer, inputs: Numbers) -> tuple[Numbers, Numbers]:
    """Go through one row from its first step by the paper's formula with m -> every h and the last h, c, n and m."""
    state, shown = np.zeros((4, HEADS, WIDTH)), []
    state[3] = -np.inf
    for read in inputs:
        for head, (hidden, cell, norm, peak) in enumerate(state.transpose(1, 0, 2)):
            i, f, z, o = gates(layer, head, read, hidden)
            kept = np.log(sigmoid(f)) + peak
            peak = np.maximum(kept, i)
            cell = np.exp(kept - peak) * cell + np.exp(i - peak) * np.tanh(z)
            norm = np.exp(kept - peak) * norm + np.exp(i - peak)
            state[:, head] = sigmoid(o) * cell / norm, cell, norm, peak
        shown.append(state[0].copy())
    return np.array(shown), state.reshape(4, HIDDEN)


def mapped(layer: SLSTMMixer, shown: Numbers) -> Numbers:
    """Norm every h (time, heads, width) head by head, and map it."""
    normed = shown / np.sqrt((shown**2).mean(2, keepdims=True) + np.finfo(float).eps)
    return normed.reshape(len(shown), HIDDEN) @ layer.output.weight.detach().numpy().T


@pytest.mark.parametrize("time", [1, 2, 30])
def test_the_layer_is_the_papers_recursion_with_its_stabiliser(time: int) -> None:
    layer, inputs = made(), drawn(time)
    outputs, after = layer(inputs, fresh())
    for row in range(BATCH):
        shown, last = stabilised(layer, inputs[row].numpy())
        np.testing.assert_allclose(outputs[row].detach(), mapped(layer, shown), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(after[:, row].detach(), last, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("begun", [False, True])
def test_the_layer_is_the_papers_recursion_without_a_stabiliser(begun: bool) -> None:
    layer, inputs = made(), drawn(30)
    state = later(layer) if begun else fresh()
    outputs, after = layer(inputs, state)
    scale = torch.stack([torch.ones_like(state[0]), *[state[3].exp()] * 2])
    for row in range(BATCH):
        shown, (hidden, cell, norm) = plainly(layer, inputs[row].numpy(), (scale * state[:3])[:, row].numpy())
        np.testing.assert_allclose(outputs[row].detach(), mapped(layer, shown), rtol=1e-9, atol=1e-9)
        last, peak = after[:3, row].detach().numpy(), np.exp(after[3, row].detach().numpy())
        np.testing.assert_allclose(last[0], hidden, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(peak * last[1:], [cell, norm], rtol=1e-9, atol=1e-9)


def test_gates_that_overflow_without_a_stabiliser_do_no_harm() -> None:
    """An input gate of e^1000 or of e^-1000 is the same as one of 1 where all steps have it."""
    layer, inputs = made(), drawn(9)
    write = torch.arange(4 * HIDDEN) % (4 * WIDTH) < WIDTH
    with torch.no_grad():
        expected, kept = layer(inputs, fresh())
        for shift in (1000.0, -1000.0):
            moved = made()
            moved.load_state_dict(layer.state_dict())
            moved.input.bias += shift * write
            outputs, after = moved(inputs, fresh())
            assert_close(outputs, expected)
            assert_close(after[3], kept[3] + shift)
            assert_close(after[:3], kept[:3])


def test_n_is_one_or_more_from_the_first_step_on() -> None:
    layer, state = made(), fresh()
    for _ in range(20):
        _, state = layer(10 * drawn(1), state)
        assert state[2].min() >= 1


def test_heads_do_not_see_one_another() -> None:
    layer, inputs, state = made(), drawn(6), later(made())
    other = state.clone()
    other[:, :, :WIDTH] = later(layer)[:, :, :WIDTH]
    _, after = layer(inputs, state)
    _, changed = layer(inputs, other)
    assert torch.equal(changed[:, :, WIDTH:], after[:, :, WIDTH:])
    assert not torch.allclose(changed[:, :, :WIDTH], after[:, :, :WIDTH])


def test_gradients_are_those_of_finite_differences() -> None:
    """Of what comes out: it does not depend on any m but the first, so that no gradient goes through the others."""
    layer = made()

    def outputs(inputs: Tensor, state: Tensor, *_: Tensor) -> Tensor:
        return layer(inputs, state)[0]

    inputs, state = drawn(3)[:1].clone(), later(layer)[:, :1].clone()
    assert torch.autograd.gradcheck(outputs, (inputs.requires_grad_(), state.requires_grad_(), *layer.parameters()))
    assert torch.autograd.gradcheck(lambda each: outputs(each, fresh(1)), inputs)


def test_gradients_through_a_carried_state_are_those_of_one_pass() -> None:
    layer, inputs, grown = made(), drawn(9), []
    for cuts in ([9], [4, 5], [1] * 9):
        layer.zero_grad()
        state, made_of = fresh(), []
        for piece in inputs.split(cuts, 1):
            outputs, state = layer(piece, state)
            made_of.append(outputs)
        torch.cat(made_of, 1).square().sum().backward()
        grown.append([each.grad for each in layer.parameters()])
    for gradients in grown[1:]:
        for one, other in zip(gradients, grown[0], strict=True):
            assert_close(one, other)


@pytest.mark.parametrize("filler", [0.0, 1e3])
def test_past_a_rows_end_nothing_changes(filler: float) -> None:
    layer, lengths = made(), (9, 4, 1)
    inputs = drawn(9)
    state = later(layer)
    for row, length in enumerate(lengths):
        inputs[row, length:] = filler
    inputs.requires_grad_()
    outputs, after = layer(inputs, state, torch.tensor(lengths))
    assert outputs.isfinite().all()
    for row, length in enumerate(lengths):
        alone, last = layer(inputs[row : row + 1, :length], state[:, row : row + 1])
        assert_close(outputs[row, :length], alone[0])
        torch.testing.assert_close(after[:, row], last[:, 0])  # as near as rounding in float64
    after.square().sum().backward()
    assert inputs.grad is not None
    for row, length in enumerate(lengths):
        assert inputs.grad[row, :length].any(-1).all()
        assert not inputs.grad[row, length:].any()


def test_forget_gates_start_open_and_recurrent_weights_orthogonal() -> None:
    layer = SLSTMMixer(6, 2)
    assert layer.input.bias.view(2, 4, 3)[:, 1].tolist() == [[3.0, 4.5, 6.0]] * 2
    for gate in layer.recurrent.unflatten(2, (4, 3)).transpose(1, 2).flatten(0, 1):
        assert_close(gate @ gate.T, torch.eye(3))
