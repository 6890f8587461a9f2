"""The parallel scan against a loop."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
import torch
from cases import assert_close
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from models.layers.scan import scan

BATCH, HIDDEN = 3, 6


DTYPES = [torch.float32, torch.float64, torch.complex64, torch.complex128]


DEVICES = ["cpu", *([pytest.param("cuda", marks=pytest.mark.cuda)] if torch.cuda.is_available() else [])]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


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
