"""Additive attention in C gives what its formula gives, in value and gradient."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from models.base import Memory
from models.layers import kernels
from models.layers.attention import AdditiveAttention

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
