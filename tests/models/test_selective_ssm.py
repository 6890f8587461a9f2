"""Selective state space models: how their steps start."""

from __future__ import annotations

import math

import pytest
import torch
from cases import assert_close
from torch import nn

from models.selective_ssm import SelectiveMixer


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def test_step_sizes_of_a_selective_model_start_between_a_thousandth_and_a_tenth() -> None:
    layer = SelectiveMixer(500, 4, 1, 4)
    steps = nn.functional.softplus(layer.step.bias)
    assert steps.min() >= 0.001 - 1e-6
    assert steps.max() <= 0.1 + 1e-6
    assert steps.log().mean().item() == pytest.approx((math.log(0.001) + math.log(0.1)) / 2, abs=0.2)
    assert_close(layer.decay.exp()[:, 7], torch.tensor([1.0, 2.0, 3.0, 4.0]))
