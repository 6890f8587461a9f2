"""Products are whole float32 on a GPU too, and the record says so."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from bench.trial.precision import precision, use_whole_products


def on_a_gpu(kind: torch.dtype) -> Any:
    """Return what looks like a model on a GPU."""
    parameter = SimpleNamespace(dtype=kind, device=torch.device("cuda"))
    return SimpleNamespace(parameters=lambda: iter([parameter]))


@pytest.fixture(autouse=True)
def _as_it_was() -> Any:
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


def test_tf32_is_switched_off_and_told() -> None:
    torch.backends.cudnn.allow_tf32 = True
    assert precision(on_a_gpu(torch.float32)) == "float32, tf32 on"
    use_whole_products()
    assert precision(on_a_gpu(torch.float32)) == "float32, tf32 off"
    assert precision(on_a_gpu(torch.float64)) == "float64, tf32 off"


def test_a_processor_has_none() -> None:
    assert precision(nn.Linear(2, 2)) == "float32"
    assert precision(nn.Linear(2, 2).double()) == "float64"
    assert precision(nn.Module()) == "float32"
