"""The Elman layer against torch.nn's."""

from __future__ import annotations

import pytest
import torch
from cases import assert_close
from torch import nn

from models.elman import ElmanLayer

BATCH, TIME, WIDTH, HIDDEN, HEADS = 5, 7, 8, 8, 2


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def test_the_elman_layer_equals_torch_nn_rnn() -> None:
    ours, theirs = ElmanLayer(WIDTH, HIDDEN), nn.RNN(WIDTH, HIDDEN, batch_first=True)
    copied = {
        "weight_ih_l0": ours.input.weight,
        "bias_ih_l0": ours.input.bias,
        "weight_hh_l0": ours.recurrent,
        "bias_hh_l0": torch.zeros(HIDDEN),
    }
    theirs.load_state_dict(copied)
    inputs, state = torch.randn(BATCH, TIME, WIDTH), torch.randn(1, BATCH, HIDDEN)
    for mine, other in zip(ours(inputs, state), theirs(inputs, state), strict=True):
        assert_close(mine, other)
