"""The parallel scan, and the layers built on it, against loops written out; linear layers that stay orthogonal."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from cases import SMALL_TASKS, assert_close, inputs_of
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from bench.checks.contracts import small_batch
from models import build
from models.base import Model
from models.layers.recurrent import step_through, unroll
from models.layers.scan import ResidualLayer, scan
from models.linear_rnn import LinearLayer
from models.lru import LRU
from models.min_gru import MinGRU
from models.selective_ssm import BLOCK, SelectiveSSM
from tasks import Task

SYMBOLS, VALUES, TEXT = (SMALL_TASKS[kind] for kind in ("symbols", "values", "stream"))
BATCH, HIDDEN = 3, 6
DTYPES = [torch.float32, torch.float64, torch.complex64, torch.complex128]
DEVICES = ["cpu", *([pytest.param("cuda", marks=pytest.mark.cuda)] if torch.cuda.is_available() else [])]
MIXERS: dict[str, Callable[[int], nn.Module]] = {
    "min_gru": MinGRU,
    "lru": partial(LRU, inner=0.5, outer=0.99, phase=3.0),
    "selective_ssm": partial(SelectiveSSM, size=3, expansion=2, window=4),
    "selective_ssm(window=1)": partial(SelectiveSSM, size=2, expansion=1, window=1),
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


def naive(decay: Tensor, drive: Tensor, start: Tensor) -> Tensor:
    """h[t] = decay[t] * h[t-1] + drive[t], one step after another."""
    decay, states = decay.expand_as(drive), []
    for time in range(drive.shape[1]):
        start = decay[:, time] * start + drive[:, time]
        states.append(start)
    return torch.stack(states, 1)


def problem(dtype: torch.dtype, time: int, constant: bool = False, device: str = "cpu") -> tuple[Tensor, ...]:
    """Draw decays of modulus up to 1 (the same at every step if constant), drives and a start."""
    decay = torch.randn(*((1, 1) if constant else (BATCH, time)), 4, dtype=dtype)
    decay = decay / decay.abs().clamp(min=1)
    drawn = (decay, torch.randn(BATCH, time, 4, dtype=dtype), torch.randn(BATCH, 4, dtype=dtype))
    return tuple(each.to(device) for each in drawn)


@pytest.mark.parametrize("constant", [False, True], ids=["varying", "constant"])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("device", DEVICES)
def test_the_scan_equals_a_naive_loop_at_every_length(dtype: torch.dtype, constant: bool, device: str) -> None:
    decay, drive, start = problem(dtype, 300, constant, device)
    expected = naive(decay, drive, start)
    for time in range(1, 301):
        states = scan(decay if constant else decay[:, :time], drive[:, :time], start)
        assert_close(states, expected[:, :time])


def test_the_scan_takes_any_dimensions_behind_time_and_any_strides() -> None:
    drive = torch.randn(5, 40, 3, 2).transpose(0, 2)
    decay = torch.rand(3, 2, 40, 5).permute(0, 2, 3, 1)
    start = torch.randn(5, 3, 2).transpose(0, 1)
    assert_close(scan(decay, drive, start), naive(decay, drive, start))


@pytest.mark.parametrize("time", [1, 2, 23, 24, 29, 70])
@pytest.mark.parametrize("constant", [False, True], ids=["varying", "constant"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128], ids=str)
def test_the_scans_gradients_are_right(dtype: torch.dtype, constant: bool, time: int) -> None:
    decay, drive, start = (each[:2, ..., :2] for each in problem(dtype, time, constant))
    inputs = [each.clone().requires_grad_() for each in (decay, drive, start)]
    assert torch.autograd.gradcheck(scan, inputs, fast_mode=time > 16)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("device", DEVICES)
def test_the_scans_gradients_are_those_of_the_naive_loop(dtype: torch.dtype, device: str) -> None:
    inputs = [each.requires_grad_() for each in problem(dtype, 300, False, device)]
    outwards = torch.randn(BATCH, 300, 4, dtype=dtype).to(device)
    mine = torch.autograd.grad(scan(*inputs), inputs, outwards)
    for one, other in zip(mine, torch.autograd.grad(naive(*inputs), inputs, outwards), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_a_drive_alone_can_have_a_gradient() -> None:
    decay, drive, start = problem(torch.float32, 20)
    drive.requires_grad_()
    scan(decay, drive, start).sum().backward()
    assert drive.grad is not None
    assert drive.grad[:, -1].eq(1).all()


@pytest.mark.parametrize("modulus", [0.0, 1e-30, 0.5, 0.999, 1.0])
def test_five_thousand_steps_of_fading_or_lasting_states_stay_exact(modulus: float) -> None:
    time = 5000
    angle = torch.rand(1, 1, 4, dtype=torch.float64) * 2 * math.pi
    decay = torch.polar(torch.full_like(angle, modulus), angle).expand(2, time, 4)
    drive, start = torch.randn(2, time, 4, dtype=torch.complex128), torch.randn(2, 4, dtype=torch.complex128)
    expected = naive(decay, drive, start)
    inputs = [each.to(torch.complex64).requires_grad_() for each in (decay, drive, start)]
    states = scan(*inputs)
    error = (states - expected).abs().max() / expected.abs().max()
    assert error < 1e-4
    states.abs().sum().backward()
    assert all(each.grad is not None and each.grad.isfinite().all() for each in inputs)


class Counted(TorchDispatchMode):
    """Counts the arithmetic that is asked of torch."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.calls[function.overloadpacket.__name__] += 1
        return function(*args, **(kwargs or {}))


def operations(time: int) -> int:
    inputs = [each.requires_grad_() for each in problem(torch.float32, time)]
    with Counted() as counted:
        scan(*inputs).sum().backward()
    return sum(counted.calls[name] for name in ("addcmul", "mul", "mul_", "cat"))


def test_operations_grow_with_the_logarithm_of_time() -> None:
    few, more, many = (operations(8**level) for level in (2, 3, 4))
    assert many - more == more - few
    assert many < 200


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


def test_eigenvalues_of_an_lru_start_uniform_on_their_ring() -> None:
    layer = LRU(1000, 0.5, 0.9, 2.0)
    modulus, angle = (-layer.decay.exp()).exp(), layer.turn.exp()
    squared = modulus.square()
    assert modulus.min() >= 0.5 - 1e-6
    assert modulus.max() <= 0.9 + 1e-6
    assert squared.mean().item() == pytest.approx((0.25 + 0.81) / 2, abs=0.02)
    assert squared.std().item() == pytest.approx((0.81 - 0.25) / math.sqrt(12), abs=0.02)
    assert angle.mean().item() == pytest.approx(1.0, abs=0.1)
    assert angle.max() <= 2
    assert_close(layer.gamma.exp(), (1 - squared).sqrt())


def test_step_sizes_of_a_selective_model_start_between_a_thousandth_and_a_tenth() -> None:
    layer = SelectiveSSM(500, 4, 1, 4)
    steps = nn.functional.softplus(layer.step.bias)
    assert steps.min() >= 0.001 - 1e-6
    assert steps.max() <= 0.1 + 1e-6
    assert steps.log().mean().item() == pytest.approx((math.log(0.001) + math.log(0.1)) / 2, abs=0.2)
    assert_close(layer.decay.exp()[:, 7], torch.tensor([1.0, 2.0, 3.0, 4.0]))


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


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("lru", {"inner": 0.0}, "radii must be 0 < inner < outer < 1; got inner 0.0, outer 0.999"),
    ("lru", {"outer": 1.0}, "got inner 0.9, outer 1.0"),
    ("lru", {"inner": 0.9, "outer": 0.8}, "got inner 0.9, outer 0.8"),
    ("lru", {"phase": 0.0}, "phase must be above 0; got 0.0"),
    ("selective_ssm", {"state": 0}, "sizes must be 1 or more; got state 0, expansion 2, window 4"),
    ("selective_ssm", {"window": 0}, "got state 8, expansion 2, window 0"),
    ("linear_rnn", {"recurrent": "unitary"}, "unknown recurrent 'unitary'; choose from: free, orthogonal"),
]


@pytest.mark.parametrize(("name", "settings", "message"), BAD)
def test_a_bad_setting_is_refused_with_its_value(name: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        built(name, SYMBOLS, **settings)


def test_unroll_is_the_loop_that_step_through_is() -> None:
    driven, start, recurrent = torch.randn(3, 9, 5), torch.randn(3, 5), torch.randn(5, 5)
    expected = step_through(driven, start, recurrent, torch.tanh)
    unrolled = unroll(lambda drive, hidden: torch.addmm(drive, hidden, recurrent.T).tanh(), driven, start)
    assert torch.equal(unrolled, expected)


def test_a_free_linear_layer_draws_the_numbers_that_it_always_drew() -> None:
    drawn = LinearLayer(5, 7)
    torch.manual_seed(0)
    assert torch.equal(nn.Linear(5, 7).weight, drawn.input.weight)
    assert torch.equal(nn.init.orthogonal_(torch.empty(7, 7)), drawn.recurrent)
    assert [name for name, _ in drawn.named_parameters()] == ["recurrent", "input.weight", "input.bias"]


@pytest.mark.parametrize("hidden", [1, 2, 5, 64])
def test_an_orthogonal_layers_eigenvalues_lie_on_the_unit_circle_before_and_after_training(hidden: int) -> None:
    layer = LinearLayer(3, hidden, "orthogonal").double()
    assert layer.turns.numel() == hidden * (hidden - 1) // 2
    before = layer.matrix().detach()
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1)
    inputs, state = torch.randn(4, 6, 3, dtype=torch.float64), torch.randn(1, 4, hidden, dtype=torch.float64)
    for _ in range(20):
        optimizer.zero_grad()
        layer(inputs, state)[0].sub(1).square().mean().backward()
        optimizer.step()
    after = layer.matrix().detach()
    assert hidden == 1 or (after - before).abs().max() > 0.1
    for matrix in (before, after):
        torch.testing.assert_close(torch.linalg.eigvals(matrix).abs(), torch.ones(hidden, dtype=torch.float64))
        assert torch.linalg.det(matrix).item() == pytest.approx(1)


def test_an_orthogonal_layer_starts_as_turns_of_pairs_by_angles_of_every_size() -> None:
    matrix = LinearLayer(3, 400, "orthogonal").double().matrix()
    blocks = matrix.unflatten(0, (200, 2)).unflatten(2, (200, 2)).diagonal(dim1=0, dim2=2)  # (2, 2, 200)
    angles = torch.atan2(blocks[1, 0], blocks[0, 0])
    assert_close(blocks[0, 1], -blocks[1, 0])
    assert (matrix**2).sum().item() == pytest.approx((blocks**2).sum().item())
    assert angles.min() >= 0
    assert angles.mean().item() == pytest.approx(math.pi / 2, abs=0.3)
    assert angles.std().item() == pytest.approx(math.pi / math.sqrt(12), abs=0.2)


def test_five_thousand_silent_steps_of_an_orthogonal_layer_keep_the_norm_in_single_precision() -> None:
    layer = LinearLayer(2, 64, "orthogonal")
    with torch.no_grad():
        layer.turns += 0.1 * torch.randn_like(layer.turns)
        layer.input.bias.zero_()
        state = torch.randn(1, 2, 64)
        _, after = layer(torch.zeros(2, 5000, 2), state)
    torch.testing.assert_close(after.norm(dim=-1), state.norm(dim=-1), rtol=2e-3, atol=0)


@pytest.mark.parametrize("recurrent", ["free", "orthogonal"])
def test_a_linear_network_is_fitted_by_lbfgs_in_double_precision_and_its_weights_load(recurrent: str) -> None:
    settings = {"hidden": 8, "recurrent": recurrent, "decoder": "blind"}
    model, batch = built("linear_rnn", VALUES, **settings).double(), small_batch(VALUES, 16)
    assert batch.source is not None
    source, target = batch.source.double(), batch.target.double()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        error = (model(source, batch.source_length, target) - target).square().mean()
        error.backward()
        return error

    first = loss().item()
    for _ in range(4):
        optimizer.step(loss)
    assert loss().item() < first / 1e3
    other = built("linear_rnn", VALUES, **settings).double()
    with torch.no_grad():
        for weight in other.parameters():
            weight.zero_()
    other.load_state_dict(model.state_dict())
    outputs = (each(source, batch.source_length, target) for each in (model, other))
    assert torch.equal(*outputs)
