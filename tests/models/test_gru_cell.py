"""The GRU written out against torch.nn's."""

from __future__ import annotations

import pytest
import torch
from cases import assert_close
from torch import Tensor, nn

from models.gru_cell import GRUCellLayer

BATCH, TIME, WIDTH, HIDDEN = 4, 7, 5, 6


LENGTHS = torch.tensor([3, 7, 1, 5])


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def drawn_state() -> tuple[Tensor, Tensor]:
    return torch.randn(BATCH, TIME, WIDTH), torch.randn(1, BATCH, HIDDEN)


def gru_pair() -> tuple[GRUCellLayer, nn.GRU]:
    ours, theirs = GRUCellLayer(WIDTH, HIDDEN), nn.GRU(WIDTH, HIDDEN, batch_first=True)
    theirs.load_state_dict(
        {
            "weight_ih_l0": ours.input.weight,
            "weight_hh_l0": ours.recurrent.weight,
            "bias_ih_l0": ours.input.bias,
            "bias_hh_l0": ours.recurrent.bias,
        }
    )
    return ours, theirs


def test_the_written_out_gru_and_its_gradients_are_torchs() -> None:
    ours, theirs = gru_pair()
    inputs, state = drawn_state()
    weight, found = torch.randn(BATCH, TIME, HIDDEN), []
    for layer, names in ((ours, ("input", "recurrent")), (theirs, ("ih", "hh"))):
        read, start = inputs.clone().requires_grad_(), state.clone().requires_grad_()
        outputs, last = layer(read, start)
        ((outputs * weight).sum() + last.square().sum()).backward()
        parts = [getattr(layer, name) for name in names] if layer is ours else []
        own = [part for each in parts for part in (each.weight.grad, each.bias.grad)]
        torchs = (
            [getattr(layer, f"{kind}_{name}_l0").grad for name in names for kind in ("weight", "bias")]
            if not own
            else []
        )
        found.append([outputs, last, read.grad, start.grad, *own, *torchs])
    for mine, other in zip(*found, strict=True):
        assert_close(mine, other)


def test_the_written_out_gru_ends_rows_as_torch_packs_them() -> None:
    ours, theirs = gru_pair()
    inputs, state = drawn_state()
    packed = nn.utils.rnn.pack_padded_sequence(inputs, LENGTHS, batch_first=True, enforce_sorted=False)
    assert_close(ours(inputs, state, LENGTHS)[1], theirs(packed, state)[1])


def test_the_written_out_gru_starts_with_orthogonal_gates() -> None:
    for gate in GRUCellLayer(WIDTH, HIDDEN).recurrent.weight.chunk(3):
        assert_close(gate @ gate.T, torch.eye(HIDDEN))
