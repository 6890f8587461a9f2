"""Linear layers in C give what torch's give, in value and gradient, and each row hangs on itself alone."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from models.layers import kernels
from models.layers.linear import Linear, linear

pytestmark = pytest.mark.skipif(kernels.library() is None, reason="no C compiler here, or it is switched off")
SIZES = [(1, 1, 1), (3, 5, 7), (64, 16, 32), (130, 64, 33), (700, 100, 9), (13, 300, 257)]


@pytest.mark.usefixtures("vectors")
@pytest.mark.parametrize(("rows", "width", "outputs"), SIZES)
@pytest.mark.parametrize("biased", [True, False])
def test_a_linear_layer_is_torchs(rows: int, width: int, outputs: int, biased: bool) -> None:
    torch.manual_seed(rows)
    layer = Linear(width, outputs, bias=biased)
    inputs = torch.randn(2, rows, width, requires_grad=True)
    found, expected = layer(inputs), F.linear(inputs, layer.weight, layer.bias)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    pull, given = torch.randn_like(found), [inputs, *layer.parameters()]
    ours, theirs = (torch.autograd.grad((each * pull).sum(), given) for each in (found, expected))
    for mine, reference in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, reference, atol=1e-4, rtol=1e-4)


@pytest.mark.usefixtures("vectors")
def test_a_row_alone_is_the_row_in_company_to_the_bit() -> None:
    torch.manual_seed(0)
    inputs, layer = torch.randn(53, 70), Linear(70, 45)
    together = layer(inputs)
    for first in range(0, 53, 7):
        assert torch.equal(layer(inputs[first : first + 5]), together[first : first + 5])


def test_parts_of_a_weight_and_inputs_that_are_turned_are_taken_as_they_are() -> None:
    torch.manual_seed(1)
    inputs, weight = torch.randn(20, 9, 5).transpose(0, 1), torch.randn(40, 30).T[3:13, :20]
    torch.testing.assert_close(linear(inputs.transpose(1, 2), weight), F.linear(inputs.transpose(1, 2), weight))


def test_only_the_gradients_that_are_wanted_are_made() -> None:
    layer = Linear(4, 3)
    layer.weight.requires_grad_(False)
    layer(torch.randn(2, 4)).sum().backward()
    assert layer.weight.grad is None
    assert torch.equal(layer.bias.grad, torch.full((3,), 2.0))


def test_what_is_not_a_number_stays_so_and_no_rows_are_no_rows() -> None:
    layer = Linear(8, 3)
    assert layer(torch.full((1, 8), torch.nan)).isnan().all()
    assert layer(torch.empty(0, 8)).shape == (0, 3)


def test_other_kinds_of_numbers_go_to_torch() -> None:
    layer, inputs = nn.Linear(6, 4).double(), torch.randn(3, 6, dtype=torch.float64)
    assert torch.equal(linear(inputs, layer.weight, layer.bias), layer(inputs))
