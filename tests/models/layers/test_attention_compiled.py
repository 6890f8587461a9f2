"""Attention in C gives what torch's formulas give, in value and gradient."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models.base import Memory
from models.layers import kernels
from models.layers.attention import AdditiveAttention, attend
from models.layers.attention_compiled import ScaledDotProduct

pytestmark = pytest.mark.skipif(kernels.library() is None, reason="no C compiler here, or it is switched off")
ROWS, HEADS, QUERIES, KEYS = 3, 2, 5, 19


def of_shape(*shape: int, width: int) -> Tensor:
    """Random numbers as a model's heads have them: (rows, heads, time, width), a view of another order."""
    rows, heads, time = shape
    return torch.randn(rows, time, 3, heads, width)[:, :, 1].transpose(1, 2).requires_grad_()


def masks() -> dict[str, Tensor]:
    """What may be seen, in the shapes that models give it."""
    length, time = torch.tensor([4, 19, 1]), torch.arange(KEYS)
    causal = torch.arange(QUERIES)[:, None] + KEYS - QUERIES >= time
    bias = torch.randn(HEADS, QUERIES, KEYS)
    return {
        "all": torch.ones(1, 1, 1, 1, dtype=torch.bool),
        "lengths": (time < length[:, None])[:, None, None],
        "causal": causal,
        "window": causal & (torch.arange(QUERIES)[:, None] + KEYS - QUERIES - time <= 3),
        "scattered": torch.rand(ROWS, HEADS, QUERIES, KEYS) + torch.eye(KEYS)[:QUERIES] > 0.6,
        "bias": bias,
        "bias and lengths": bias.masked_fill((time >= length[:, None])[:, None, None], -torch.inf),
    }


@pytest.mark.parametrize("width", [1, 8, 16, 20])
@pytest.mark.parametrize("name", masks())
def test_scaled_dot_product_is_torchs(name: str, width: int) -> None:
    torch.manual_seed(width)
    seen = masks()[name]
    given = [of_shape(ROWS, HEADS, time, width=width) for time in (QUERIES, KEYS, KEYS)]
    pull = torch.randn(ROWS, HEADS, QUERIES, width)
    found, expected = attend(*given, seen), F.scaled_dot_product_attention(*given, attn_mask=seen)
    assert type(found.grad_fn).__name__.startswith("ScaledDotProduct")
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)
    ours, theirs = (torch.autograd.grad((each * pull).sum(), given) for each in (found, expected))
    for mine, reference in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, reference, atol=1e-5, rtol=1e-4)
    with torch.no_grad():
        torch.testing.assert_close(attend(*given, seen), expected, atol=1e-6, rtol=1e-5)


def test_who_sees_nothing_gathers_nothing_and_nan_is_not_swallowed() -> None:
    given = [torch.randn(1, 1, 2, 4) for _ in range(3)]
    seen = torch.tensor([[True, True], [False, False]])
    found = attend(*given, seen)
    assert found[0, 0, 0].isfinite().all()
    assert not found[0, 0, 1].any()
    given[0][0, 0, 0, 0] = torch.nan
    assert attend(*given, seen)[0, 0, 0].isnan().all()


def test_a_bias_that_is_learnt_gets_its_gradient() -> None:
    given = [of_shape(1, 2, 3, width=4) for _ in range(3)]
    bias = torch.zeros(2, 3, 3, requires_grad=True)
    attend(*given, bias).square().sum().backward()
    assert bias.grad.abs().sum() > 0


def test_doubles_and_no_keys_go_torchs_way() -> None:
    given = [torch.randn(1, 1, 3, 4, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    assert not kernels.suit(*given)
    everything = torch.ones(3, 3, dtype=torch.bool)
    assert torch.autograd.gradcheck(lambda *parts: attend(*parts, everything), given)


@pytest.mark.parametrize("wanted", [None, torch.tensor([2, 5, 1])])
def test_additive_attention_is_its_formula(wanted: Tensor | None) -> None:
    torch.manual_seed(0)
    layer = AdditiveAttention(20)
    queries, states = (
        torch.randn(ROWS, QUERIES, 20, requires_grad=True),
        torch.randn(ROWS, KEYS, 20, requires_grad=True),
    )
    length = torch.tensor([4, 19, 1])
    given = [queries, states, *layer.parameters()]
    real = torch.arange(KEYS) < length[:, None]
    scores = layer.score(torch.tanh(layer.query(queries)[:, :, None] + layer.key(states)[:, None]))[..., 0]
    shares = scores.masked_fill(~real[:, None], -torch.inf).softmax(-1)
    counted = torch.arange(QUERIES) < (torch.full((ROWS,), QUERIES) if wanted is None else wanted)[:, None]
    expected = (shares @ states) * counted[..., None]
    found, weights = layer(queries, Memory(length, states), wanted)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(weights, shares * counted[..., None], atol=1e-6, rtol=1e-5)
    pull = torch.randn_like(found)
    ours, theirs = (torch.autograd.grad((each * pull).sum(), given) for each in (found, expected))
    for mine, reference in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, reference, atol=1e-5, rtol=1e-4)


def test_strides_of_one_key_do_not_matter() -> None:
    q, k, v = (torch.randn(2, 1, 1, 4).expand(2, 3, 1, 4) for _ in range(3))
    seen = torch.ones(2, 1, 1, 1, dtype=torch.bool)
    torch.testing.assert_close(ScaledDotProduct.apply(q, k, v, seen, False), v)
