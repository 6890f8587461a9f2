"""Times of the parallel scan beside a loop over the same steps, forward and with gradients; no time is asserted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor

from models.layers.scan import scan

ROWS, WIDTH = 64, 64
LENGTHS = (20, 64, 256)


def stepped(decay: Tensor, drive: Tensor, start: Tensor) -> Tensor:
    """The same recurrence, a step at a time."""
    states = []
    for kept, driven in zip(decay.unbind(1), drive.unbind(1), strict=True):
        start = torch.addcmul(driven, kept, start)
        states.append(start)
    return torch.stack(states, 1)


def trained(recurrence: Callable[..., Tensor], inputs: list[Tensor]) -> Callable[[], Tensor]:
    """Return one pass forward and back."""

    def step() -> Tensor:
        states = recurrence(*inputs)
        torch.autograd.grad(states.abs().sum(), inputs)
        return states

    return step


@pytest.mark.parametrize("dtype", [torch.float32, torch.complex64], ids=["real", "complex"])
@pytest.mark.parametrize("way", ["scan", "steps"])
@pytest.mark.parametrize("gradient", [False, True], ids=["forward", "with gradients"])
@pytest.mark.parametrize("time", LENGTHS)
def test_a_scan_beside_a_loop(
    time: int, gradient: bool, way: str, dtype: torch.dtype, benchmark: BenchmarkFixture
) -> None:
    benchmark.group = f"recurrence of {time} steps, {dtype}, {'with gradients' if gradient else 'forward'}"
    recurrence = scan if way == "scan" else stepped
    decay = 0.99 * torch.ones(ROWS, time, WIDTH, dtype=dtype)
    inputs = [decay, torch.randn_like(decay), torch.randn_like(decay[:, 0])]
    for each in inputs:
        each.requires_grad_(gradient)
    once = trained(recurrence, inputs) if gradient else lambda: recurrence(*inputs)
    assert benchmark(once).isfinite().all()
