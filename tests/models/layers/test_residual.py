"""Residual layers, and their recurrences against the papers' formulas in numpy."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from cases import SMALL_TASKS, assert_close, inputs_of
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.checks.contracts import small_batch
from models import build
from models.base import Model
from models.layers.residual import ResidualLayer
from models.lru import LRUMixer
from models.min_gru import MinGRUMixer
from models.selective_ssm import BLOCK, SelectiveMixer
from tasks import Task

SYMBOLS, VALUES, TEXT = (SMALL_TASKS[kind] for kind in ("symbols", "values", "stream"))


BATCH, HIDDEN = 3, 6


MIXERS: dict[str, Callable[[int], nn.Module]] = {
    "min_gru": MinGRUMixer,
    "lru": partial(LRUMixer, inner=0.5, outer=0.99, phase=3.0),
    "selective_ssm": partial(SelectiveMixer, size=3, expansion=2, window=4),
    "selective_ssm(window=1)": partial(SelectiveMixer, size=2, expansion=1, window=1),
}


FAMILIES = ("min_gru", "lru", "selective_ssm")


every_mixer = pytest.mark.parametrize("name", MIXERS)


every_family = pytest.mark.parametrize("name", FAMILIES)


Numbers = NDArray[Any]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def built(name: str, task: Task, **settings: Any) -> Model:
    torch.manual_seed(0)
    return build(name, task.source, task.target, **settings)


def numbers(values: Tensor) -> Numbers:
    return values.detach().numpy()


def sigmoid(values: Numbers) -> Numbers:
    return 1 / (1 + np.exp(-values))


def literal_min_gru(mixer: Any, inputs: Numbers, state: Numbers) -> tuple[Numbers, Numbers]:
    """Minimal gated recurrent unit of one row: inputs (time, hidden), state (1, hidden)."""
    weight, bias, out = map(numbers, (mixer.input.weight, mixer.input.bias, mixer.output.weight))
    hidden, outputs = state[0], []
    for read in inputs:
        gate, content = np.split(weight @ read + bias, 2)
        z = sigmoid(gate)
        g = np.array([each + 0.5 if each >= 0 else sigmoid(each) for each in content])
        hidden = (1 - z) * hidden + z * g
        outputs.append(out @ hidden)
    return np.array(outputs), hidden[None]


def literal_lru(mixer: Any, inputs: Numbers, state: Numbers) -> tuple[Numbers, Numbers]:
    """Linear recurrent unit of one row, in numpy's complex numbers: state (2, hidden)."""
    names = ("decay", "turn", "gamma", "input.weight", "output.weight", "through", "mix.weight", "mix.bias")
    parameters = dict(mixer.named_parameters())
    nu, theta, gamma, b, c, through, mix, bias = (numbers(parameters[name]) for name in names)
    assert len(parameters) == len(names)
    eigenvalue = np.exp(-np.exp(nu) + 1j * np.exp(theta))
    into = b[:HIDDEN] + 1j * b[HIDDEN:]
    out = c[:, :HIDDEN] - 1j * c[:, HIDDEN:]
    hidden, outputs = state[0] + 1j * state[1], []
    for read in inputs:
        hidden = eigenvalue * hidden + np.exp(gamma) * (into @ read)
        y = (out @ hidden).real + through * read
        y = np.array([each * (1 + math.erf(each / math.sqrt(2))) / 2 for each in y])
        value, gate = np.split(mix @ y + bias, 2)
        outputs.append(value * sigmoid(gate))
    return np.array(outputs), np.stack([hidden.real, hidden.imag])


def literal_ssm(mixer: Any, inputs: Numbers, state: Numbers) -> tuple[Numbers, Numbers]:
    """Selective state space model of one row, channel by channel: state (parts, hidden)."""
    p = {name: numbers(each) for name, each in mixer.named_parameters()}
    channels, size, window = mixer.channels, mixer.size, len(p["convolution.taps"])
    carried = state.reshape(-1, channels)
    h, recent = carried[:size].copy(), list(carried[size:])
    outputs = []
    for each in inputs:
        value, gate = np.split(p["input.weight"] @ each + p["input.bias"], 2)
        recent = [*recent, value][-window:]
        x = sum(tap * old for tap, old in zip(p["convolution.taps"], recent, strict=True)) + p["convolution.bias"]
        x = x * sigmoid(x)
        selected = p["select.weight"] @ x
        rank, b, c = selected[: mixer.rank], selected[mixer.rank : mixer.rank + size], selected[mixer.rank + size :]
        y = np.zeros(channels)
        for channel in range(channels):
            delta = math.log1p(math.exp(p["step.weight"][channel] @ rank + p["step.bias"][channel]))
            for place in range(size):
                a = -math.exp(p["decay"][place, channel])
                h[place, channel] = math.exp(delta * a) * h[place, channel] + delta * b[place] * x[channel]
                y[channel] += c[place] * h[place, channel]
        y = (y + p["through"] * x) * gate * sigmoid(gate)
        outputs.append(p["output.weight"] @ y)
        recent = recent[1:] if len(recent) == window else recent
    return np.array(outputs), np.concatenate([h, *(old[None] for old in recent)]).reshape(-1, HIDDEN)


LITERAL = {"min_gru": literal_min_gru, "lru": literal_lru, "selective_ssm": literal_ssm}


def mixed(name: str, time: int) -> tuple[Any, Tensor, Tensor]:
    """Build a mixer in double precision; draw its inputs and a state."""
    mixer = MIXERS[name](HIDDEN).double()
    inputs = torch.randn(BATCH, time, HIDDEN, dtype=torch.float64)
    return mixer, inputs, torch.randn(mixer.parts, BATCH, HIDDEN, dtype=torch.float64)


@every_mixer
@pytest.mark.parametrize("time", [1, 2, 40])
def test_a_mixer_is_its_papers_recurrence_written_out(name: str, time: int) -> None:
    mixer, inputs, state = mixed(name, time)
    outputs, after = mixer(inputs, state)
    for row in range(BATCH):
        expected, last = LITERAL[name.partition("(")[0]](mixer, numbers(inputs[row]), numbers(state[:, row]))
        np.testing.assert_allclose(numbers(outputs[row]), expected, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(numbers(after[:, row]), last, rtol=1e-9, atol=1e-12)


def residual(name: str, width: int = HIDDEN) -> Any:
    return ResidualLayer(width, HIDDEN, MIXERS[name]).double()


@every_mixer
def test_a_residual_layer_adds_what_its_mixer_makes_of_normed_inputs(name: str) -> None:
    layer = residual(name)
    inputs = torch.randn(BATCH, 9, HIDDEN, dtype=torch.float64)
    state = torch.randn(layer.parts, BATCH, HIDDEN, dtype=torch.float64)
    outputs, after = layer(inputs, state)
    made, made_after = layer.mixer(inputs / inputs.square().mean(-1, keepdim=True).sqrt(), state[1:])
    assert_close(outputs, inputs + made)
    assert torch.equal(after[0], outputs[:, -1])
    assert_close(after[1:], made_after)
    others = torch.cat([torch.randn_like(state[:1]), state[1:]])
    assert torch.equal(layer(inputs, others)[0], outputs)  # the last output is carried for others to read


@every_mixer
def test_steps_and_pieces_equal_one_pass_across_blocks(name: str) -> None:
    layer, time = residual(name, 4), 2 * BLOCK + 11
    inputs = torch.randn(BATCH, time, 4, dtype=torch.float64)
    state = torch.randn(layer.parts, BATCH, HIDDEN, dtype=torch.float64)
    outputs, after = layer(inputs, state)
    for size in (1, 2, 50):
        carried, made = state, []
        for piece in inputs.split(size, 1):
            one, carried = layer(piece, carried)
            made.append(one)
        assert_close(torch.cat(made, 1), outputs)
        assert_close(carried, after)


@every_mixer
@pytest.mark.parametrize("filler", [0.0, 1e3])
def test_a_rows_state_is_that_at_its_own_end_whatever_stands_behind(name: str, filler: float) -> None:
    layer, length = residual(name, 4), torch.tensor([2, BLOCK + 9, 1])
    inputs = torch.randn(BATCH, BLOCK + 9, 4, dtype=torch.float64)
    state = torch.randn(layer.parts, BATCH, HIDDEN, dtype=torch.float64)
    padding = torch.arange(inputs.shape[1]) >= length[:, None]
    _, after = layer(inputs.masked_fill(padding[..., None], filler), state, length)
    for row, steps in enumerate(length.tolist()):
        _, alone = layer(inputs[row : row + 1, :steps], state[:, row : row + 1])
        assert_close(after[:, row], alone[:, 0])


@every_mixer
def test_gradients_through_padding_are_finite_and_do_not_reach_it(name: str) -> None:
    layer, length = residual(name), torch.tensor([2, 9, 1])
    inputs = torch.randn(BATCH, 9, HIDDEN, dtype=torch.float64, requires_grad=True)
    state = torch.zeros(layer.parts, BATCH, HIDDEN, dtype=torch.float64)
    layer(inputs, state, length)[1].square().sum().backward()
    assert inputs.grad is not None
    assert all(each.grad is not None and each.grad.isfinite().all() for each in layer.parameters())
    padding = torch.arange(9) >= length[:, None]
    assert not inputs.grad[padding].any()
    assert inputs.grad[~padding].any(-1).all()


@pytest.mark.slow
@every_mixer
def test_states_stay_bounded_over_five_thousand_steps(name: str) -> None:
    layer = residual(name).float()
    with torch.no_grad():
        inputs = torch.randn(1, 5000, HIDDEN)
        outputs, after = layer(inputs, torch.zeros(layer.parts, 1, HIDDEN))
        double, _ = layer.double()(inputs.double(), torch.zeros(layer.parts, 1, HIDDEN, dtype=torch.float64))
    assert after.isfinite().all()
    assert outputs[:, 2500:].abs().max() < 2 * outputs[:, :2500].abs().max()
    torch.testing.assert_close(outputs, double.float(), rtol=1e-3, atol=1e-3)


@every_family
def test_one_stack_reads_the_source_and_writes_the_target(name: str) -> None:
    model = built(name, SYMBOLS, hidden=8)
    assert model.encoder.stack is model.decoder.stack
    assert built(name, TEXT, hidden=8).encoder is None


@every_family
@pytest.mark.parametrize("task", [SYMBOLS, VALUES, TEXT], ids=["symbols", "values", "stream"])
def test_weights_load_into_another_model_and_double_precision_is_near(name: str, task: Task) -> None:
    model, batch = built(name, task, hidden=8).eval(), small_batch(task)
    torch.manual_seed(1)
    other = build(name, task.source, task.target, hidden=8).eval()
    inputs = inputs_of(task, batch)
    outputs = model(batch.source, batch.source_length, inputs)
    assert not torch.allclose(other(batch.source, batch.source_length, inputs), outputs)
    other.load_state_dict(model.state_dict())
    assert torch.equal(other(batch.source, batch.source_length, inputs), outputs)
    read = [None if each is None or not each.is_floating_point() else each.double() for each in (batch.source, inputs)]
    source, wide = (batch.source if read[0] is None else read[0]), (inputs if read[1] is None else read[1])
    double = model.double()(source, batch.source_length, wide)
    assert double.dtype == torch.float64
    assert_close(double.float(), outputs)
