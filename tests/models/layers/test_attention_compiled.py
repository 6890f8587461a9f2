"""Attention in C gives what its formula gives, in value and gradient."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from models.base import Memory
from models.layers import kernels
from models.layers.attention import FEW, AdditiveAttention, attend

pytestmark = pytest.mark.skipif(kernels.library() is None, reason="no C compiler here, or it is switched off")
ROWS, QUERIES, KEYS = 3, 5, 19


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


@pytest.mark.parametrize(
    ("queries", "keys", "width"), [(2, 1, 16), (5, 19, 16), (16, 16, 32), (33, 40, 16), (2, FEW, 16)]
)
@pytest.mark.parametrize("seen", ["causal", "real", "bias", "own"])
def test_scaled_dot_product_attention_is_torchs(queries: int, keys: int, width: int, seen: str) -> None:
    torch.manual_seed(queries)
    rows, heads = 3, 4
    parts = torch.randn(rows, keys + queries, 3, heads, width, requires_grad=True)
    q, k, v = (part.transpose(1, 2) for part in parts.unbind(2))
    given = q[:, :, :queries], k[:, :, :keys], v[:, :, :keys]
    visible = {
        "causal": torch.arange(queries)[:, None] + max(keys - queries, 0) >= torch.arange(keys),
        "real": (torch.arange(keys) < torch.tensor([1, keys, keys])[:, None])[:, None, None],
        "bias": torch.randn(heads, queries, keys).masked_fill(torch.rand(heads, queries, keys) < 0.2, -torch.inf),
        "own": torch.rand(rows, heads, queries, keys) < 0.6,
    }[seen]
    if seen in ("bias", "own"):
        visible[..., 0] = visible.dtype == torch.bool  # there is always something to see
    found, expected = attend(*given, visible), F.scaled_dot_product_attention(*given, attn_mask=visible)
    torch.testing.assert_close(found, expected, atol=2e-6, rtol=1e-5)
    pull = torch.randn_like(found)
    (ours,), (theirs,) = (
        torch.autograd.grad((each * pull).sum(), parts, retain_graph=True) for each in (found, expected)
    )
    torch.testing.assert_close(ours, theirs, atol=2e-5, rtol=1e-4)


def test_large_scores_saturate_and_what_is_not_a_number_stays_so() -> None:
    large = torch.full((1, 1, 3, 16), 60.0)
    large[0, 0, 1] *= -1
    values, seen = torch.randn(1, 1, 3, 16), torch.ones(3, 3, dtype=torch.bool)
    expected = F.scaled_dot_product_attention(large, large, values, attn_mask=seen)
    torch.testing.assert_close(attend(large, large, values, seen), expected)
    large[0, 0, 2, 5] = torch.nan
    assert attend(large, large, values, seen).isnan().all()
