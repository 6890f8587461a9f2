"""1.5-entmax against bisection and against the sorted threshold of its paper, in numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from written_out import Numbers, entmax

from models.layers.entmax import Entmax


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def by_sorting(scores: Numbers) -> Numbers:
    """Take the threshold of the k highest, for the largest k whose k-th is above it."""
    ordered = np.sort(scores / 2)[::-1]
    count = np.arange(1, len(ordered) + 1)
    mean = np.cumsum(ordered) / count
    left = 1 / count - (np.cumsum(ordered**2) / count - mean**2)
    thresholds = mean - np.sqrt(np.maximum(left, 0))
    threshold = thresholds[np.nonzero((left >= 0) & (thresholds <= ordered))[0][-1]]
    shares: Numbers = np.maximum(scores / 2 - threshold, 0) ** 2
    return shares


def rows_of(keys: int) -> list[Numbers]:
    """Return rows of scores: alike, nearly alike, spread and far apart; one far above many; two levels."""
    drawn = np.random.default_rng(0).standard_normal(keys)
    rows = [scale * drawn for scale in (0.0, 1e-3, 0.1, 1.0, 10.0, 1000.0)]
    one_above = 1e-3 * drawn - 1.98
    one_above[0] = 0.0
    return [*rows, rows[3] + 100, one_above, np.where(np.arange(keys) < keys / 3, 0.0, -0.5)]


@pytest.mark.parametrize("keys", [1, 2, 3, 7, 8, 41, 400, 5000])
def test_shares_are_those_of_bisection_and_of_sorting(keys: int) -> None:
    for row in rows_of(keys):
        shares = Entmax.apply(torch.tensor(row)).numpy()
        np.testing.assert_allclose(shares, entmax(row), rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(by_sorting(row), entmax(row), rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("keys", [41, 5000])
def test_float32_keeps_its_digits_over_thousands_of_keys(keys: int) -> None:
    for row in rows_of(keys):
        single = torch.tensor(row, dtype=torch.float32)
        expected = entmax(single.double().numpy())
        np.testing.assert_allclose(Entmax.apply(single).numpy(), expected, rtol=0, atol=3e-6 * expected.max())


def test_what_is_far_below_or_not_seen_gets_exactly_nothing_and_leaves_the_others() -> None:
    scores = torch.randn(3, 5, 6)
    far = torch.cat([scores, scores.amax(-1, keepdim=True) - 2.1, torch.full((3, 5, 1), -torch.inf)], -1)
    shares = Entmax.apply(far)
    assert not shares[..., 6:].any()
    torch.testing.assert_close(shares[..., :6], Entmax.apply(scores), rtol=0, atol=1e-6)
    torch.testing.assert_close(shares.sum(-1), torch.ones(3, 5))


def test_two_scores_have_the_shares_that_are_written_by_hand() -> None:
    """With s = (a, 0): p = (a/2 - t)^2 and t^2 sum to 1, so t = (a - sqrt(8 - a^2)) / 4 while |a| < 2, else (1, 0)."""
    for score in (0.0, 1.0, 1.9, 2.0, 5.0):
        threshold = (score - math.sqrt(max(8 - score**2, 0))) / 4
        expected = [(score / 2 - threshold) ** 2, threshold**2] if score < 2 else [1.0, 0.0]
        assert Entmax.apply(torch.tensor([score, 0.0]).double()).tolist() == pytest.approx(expected, abs=1e-8)


def test_gradients_are_those_of_finite_differences() -> None:
    scores = (2 * torch.randn(4, 3, 9, dtype=torch.double)).requires_grad_()
    shares = Entmax.apply(scores)
    assert (shares == 0).any()
    assert (shares > 0).sum(-1).max() > 2
    assert torch.autograd.gradcheck(Entmax.apply, [scores])


def test_a_key_without_a_share_or_not_seen_has_no_gradient() -> None:
    scores = torch.tensor([[1.0, 0.5, -3.0, -torch.inf]]).requires_grad_()
    (Entmax.apply(scores) * torch.tensor([1.0, 2.0, 3.0, 4.0])).sum().backward()
    gradient = scores.grad
    assert gradient is not None
    assert gradient[0, 2:].tolist() == [0.0, 0.0]
    assert gradient[0, :2].abs().min() > 0
    assert gradient.sum().item() == pytest.approx(0.0, abs=1e-6)
