"""Rotary SSMs against the paper's formula, a step and a pair at a time, in numpy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from cases import assert_close
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import softplus

from models import MODELS, rotary_ssm
from models.rotary_ssm import BLOCK, RotaryMixer, Steps, recur

BATCH, HEADS, SIZE, WIDTH = 2, 2, 4, 3
HIDDEN, EXPANSION = 3, 2
Numbers = NDArray[Any]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def numbers(*shape: int) -> Tensor:
    return torch.randn(BATCH, HEADS, *shape, dtype=torch.double)


def drawn(time: int) -> tuple[Steps, Tensor, Tensor]:
    """Draw steps that turn by any angle, a memory and the last step's product."""
    fade = -softplus(numbers(time))
    now, late = numbers(time), numbers(time)
    steps = Steps(numbers(time, SIZE), numbers(time, WIDTH), numbers(time, SIZE), fade, 3 * numbers(time, 2), now, late)
    return steps, numbers(SIZE, WIDTH), numbers(SIZE, WIDTH)


def turn(angles: Numbers) -> Numbers:
    """Return the whole matrix that turns number n and number n + size / 2 by an angle."""
    whole, half = np.zeros((SIZE, SIZE)), SIZE // 2
    for pair, angle in enumerate(angles):
        places = np.ix_([pair, pair + half], [pair, pair + half])
        whole[places] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return whole


def slowly(steps: list[Numbers], memory: Numbers, before: Numbers) -> tuple[Numbers, Numbers]:
    """Go through one head's steps by the formula -> what is shown of each, and the last memory."""
    shown = []
    for write, value, show, fade, angle, now, late in zip(*steps, strict=True):
        memory = np.exp(fade) * turn(angle) @ (memory + late * before)
        before = np.outer(write, value)
        memory = memory + now * before
        shown.append(show @ memory)
    return np.array(shown), memory


@pytest.mark.parametrize("time", [1, 5, BLOCK, 2 * BLOCK + 7])
def test_blocks_are_the_recursion_step_by_step(time: int) -> None:
    steps, memory, before = drawn(time)
    shown, last = recur(steps, memory, before)
    for row in range(BATCH):
        for head in range(HEADS):
            at = (row, head)
            expected, left = slowly([part[at].numpy() for part in steps], memory[at].numpy(), before[at].numpy())
            np.testing.assert_allclose(shown[at].numpy(), expected, rtol=1e-9, atol=1e-9)
            np.testing.assert_allclose(last[at].numpy(), left, rtol=1e-9, atol=1e-9)


def test_gradients_are_those_of_finite_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotary_ssm, "BLOCK", 2)
    steps, memory, before = drawn(3)
    steps, memory, before = steps._replace(value=steps.value[..., :1]), memory[..., :1], before[..., :1]
    given = [part[:1, :1].detach().requires_grad_() for part in (*steps, memory, before)]
    assert torch.autograd.gradcheck(lambda *each: recur(Steps(*each[:7]), *each[7:]), given)


@pytest.mark.parametrize("trapezoid", [True, False])
def test_a_layer_is_the_papers_formula(trapezoid: bool) -> None:
    mixer = RotaryMixer(HIDDEN, HEADS, SIZE, EXPANSION, trapezoid).double()
    with torch.no_grad():
        for each in mixer.parameters():
            each.normal_()
    weights = {name: each.detach().numpy() for name, each in mixer.named_parameters()}
    inputs, state = torch.randn(1, 6, HIDDEN).double(), torch.zeros(mixer.parts, 1, HIDDEN).double()
    shown, after = mixer(inputs, state)
    channels = EXPANSION * HIDDEN
    ends = np.cumsum([channels, channels, SIZE, SIZE, SIZE // 2, HEADS, HEADS])
    memory, before = np.zeros((2, HEADS, SIZE, WIDTH))
    for step, read in enumerate(inputs[0].numpy()):
        made = np.split(weights["input.weight"] @ read + weights["input.bias"], ends)
        gate, value, write, show, turns, sizes, rates, shares = made
        seen = []
        for head in range(HEADS):
            size, rate = np.log1p(np.exp([sizes[head], rates[head]]))
            share = 1 / (1 + np.exp(-shares[head])) if trapezoid else 1.0
            new = write / np.sqrt((write**2).mean()) + weights["write"][head, 0]
            asked = show / np.sqrt((show**2).mean()) + weights["show"][head, 0]
            turned = turn(math.pi * size * np.tanh(turns))
            memory[head] = np.exp(-size * rate) * turned @ (memory[head] + (1 - share) * size * before[head])
            before[head] = np.outer(new, value.reshape(HEADS, WIDTH)[head])
            memory[head] += share * size * before[head]
            seen.append(asked @ memory[head])
        gated = (np.concatenate(seen) + weights["through"] * value) * gate / (1 + np.exp(-gate))
        np.testing.assert_allclose(shown[0, step].detach().numpy(), weights["output.weight"] @ gated, rtol=1e-6)
    carried = [memory, before] if trapezoid else [memory]
    np.testing.assert_allclose(after[:, 0].flatten().detach().numpy(), np.array(carried).flatten(), rtol=1e-9)


@pytest.mark.parametrize("trapezoid", [True, False])
def test_steps_past_a_rows_end_leave_its_state(trapezoid: bool) -> None:
    mixer, time = RotaryMixer(HIDDEN, HEADS, SIZE, EXPANSION, trapezoid), BLOCK + 9
    inputs, state = torch.randn(3, time, HIDDEN), torch.randn(mixer.parts, 3, HIDDEN)
    shown, after = mixer(inputs, state, torch.tensor([time, 4, 1]))
    for row, length in enumerate((time, 4, 1)):
        alone, last = mixer(inputs[row : row + 1, :length], state[:, row : row + 1])
        assert_close(shown[row, :length], alone[0])
        assert_close(after[:, row], last[:, 0])


def test_turns_are_exact_after_20_000_steps() -> None:
    """In single precision, in which angles that were summed over all steps would be off by more than a thousandth."""
    time = 20_000
    angle, nothing = 3 * torch.rand(time), torch.zeros(1, 1, time)
    show, value = torch.ones(1, 1, time, 2), nothing[..., None]
    steps = Steps(show, value, show, nothing, angle[None, None, :, None], nothing, nothing)
    shown, _ = recur(steps, torch.eye(2)[None, None, :, :1], torch.zeros(1, 1, 2, 1))
    total = np.cumsum(angle.double().numpy())
    np.testing.assert_allclose(shown.flatten().numpy(), np.cos(total) + np.sin(total), rtol=0, atol=3e-4)


def test_step_sizes_start_between_a_thousandth_and_a_tenth() -> None:
    mixer = RotaryMixer(500, 500, 2, 1, True)
    sizes = softplus(mixer.input.bias.split(mixer.sizes)[5])
    assert sizes.min() >= 0.001 - 1e-6
    assert sizes.max() <= 0.1 + 1e-6
    assert sizes.log().mean().item() == pytest.approx((math.log(0.001) + math.log(0.1)) / 2, abs=0.2)


def test_sizes_that_do_not_fit_are_one_line() -> None:
    with pytest.raises(ValueError, match=r"^state must be even, for pairs that are turned; got 7$"):
        MODELS["rotary_ssm"](state=7)
    with pytest.raises(ValueError, match=r"^expansion \* hidden must be a multiple of heads; got 1, 10 and 4$"):
        MODELS["rotary_ssm"](expansion=1, hidden=10)
