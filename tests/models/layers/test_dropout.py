"""Dropout keeps the share and the mean that it says, and each number's fate is its own."""

from __future__ import annotations

import pytest
import torch

from models.layers import kernels
from models.layers.dropout import Dropout


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.999])
def test_the_share_dropped_is_p_and_the_rest_makes_up_for_it(p: float) -> None:
    torch.manual_seed(0)
    out = Dropout(p)(torch.ones(1000, 1003))
    assert (out == 0).double().mean().item() == pytest.approx(p, abs=0.003)
    values = out[out != 0].unique()
    assert len(values) == 1
    assert values.item() == pytest.approx(1 / (1 - p), rel=0.02 if p > 0.9 else 1e-4)


def test_neighbours_and_places_in_a_word_are_alike_and_independent() -> None:
    torch.manual_seed(1)
    dropped = (Dropout(0.25)(torch.ones(400_000)) == 0).double().view(-1, 4)
    assert dropped.mean(0).tolist() == pytest.approx([0.25] * 4, abs=0.006)
    correlation = torch.corrcoef(dropped.T) - torch.eye(4)
    assert correlation.abs().max() < 0.015


def test_the_gradient_passes_where_the_number_did() -> None:
    torch.manual_seed(2)
    inputs = torch.randn(7, 9, requires_grad=True)
    out = Dropout(0.4)(inputs)
    out.sum().backward()
    torch.testing.assert_close(inputs.grad, out.detach() / inputs.detach())


def test_a_seed_decides_and_every_draw_is_new() -> None:
    layer, inputs = Dropout(0.5), torch.ones(64)
    torch.manual_seed(3)
    first, second = layer(inputs), layer(inputs)
    torch.manual_seed(3)
    assert torch.equal(layer(inputs), first)
    assert not torch.equal(first, second)


def test_evaluation_and_a_probability_of_zero_change_nothing() -> None:
    inputs = torch.randn(5)
    assert Dropout(0.5).eval()(inputs) is inputs
    assert Dropout(0.0)(inputs) is inputs
    assert not Dropout(1.0)(inputs).any()


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_what_is_no_probability_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match=f"between 0 and 1; got {p}"):
        Dropout(p)


@pytest.mark.skipif(kernels.library() is None, reason="no C compiler here, or it is switched off")
@pytest.mark.parametrize("p", [0.3, 1.0])
def test_the_kernel_and_torch_drop_the_same_numbers(p: float) -> None:
    inputs = torch.randn(33, 7).T
    torch.manual_seed(4)
    compiled = Dropout(p)(inputs)
    torch.manual_seed(4)
    with kernels.switched_off():
        assert torch.equal(Dropout(p)(inputs), compiled)
