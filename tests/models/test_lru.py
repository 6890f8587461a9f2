"""Linear recurrent units: where their eigenvalues start."""

from __future__ import annotations

import math

import pytest
import torch
from cases import assert_close

from models.lru import LRUMixer


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def test_eigenvalues_of_an_lru_start_uniform_on_their_ring() -> None:
    layer = LRUMixer(1000, 0.5, 0.9, 2.0)
    modulus, angle = (-layer.decay.exp()).exp(), layer.turn.exp()
    squared = modulus.square()
    assert modulus.min() >= 0.5 - 1e-6
    assert modulus.max() <= 0.9 + 1e-6
    assert squared.mean().item() == pytest.approx((0.25 + 0.81) / 2, abs=0.02)
    assert squared.std().item() == pytest.approx((0.81 - 0.25) / math.sqrt(12), abs=0.02)
    assert angle.mean().item() == pytest.approx(1.0, abs=0.1)
    assert angle.max() <= 2
    assert_close(layer.gamma.exp(), (1 - squared).sqrt())
