"""Sinusoids, rotations and linear biases against their formulas."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from models.layers.positions import alibi_bias, rotate, sinusoids

BATCH, TIME, WIDTH, HIDDEN, HEADS = 5, 7, 8, 8, 2


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def score(query: Tensor, key: Tensor, query_position: int, key_position: int) -> Tensor:
    """Return the score that rotary positions give one query and one key, each (features,)."""
    turned = rotate(query[None], torch.tensor([query_position])), rotate(key[None], torch.tensor([key_position]))
    return turned[0] @ turned[1].T


def test_rotary_scores_depend_on_relative_positions_only() -> None:
    query, key = torch.randn(2, HIDDEN)
    for shift in (1, 9, 100):
        torch.testing.assert_close(
            score(query, key, 5 + shift, 2 + shift), score(query, key, 5, 2), rtol=1e-3, atol=1e-4
        )
    assert (score(query, key, 6, 2) - score(query, key, 5, 2)).abs() > 1e-3


def test_rotary_turns_each_pair_of_features_by_its_own_frequency() -> None:
    place, features = 3, torch.randn(HIDDEN)
    turned = rotate(features[None], torch.tensor([place]))[0]
    for pair in range(HIDDEN // 2):
        angle = place * 10_000 ** (-2 * pair / HIDDEN)
        even, odd = features[2 * pair : 2 * pair + 2].tolist()
        assert turned[2 * pair].item() == pytest.approx(even * math.cos(angle) - odd * math.sin(angle), abs=1e-5)
        assert turned[2 * pair + 1].item() == pytest.approx(even * math.sin(angle) + odd * math.cos(angle), abs=1e-5)


def test_alibi_lowers_scores_linearly_with_distance() -> None:
    heads, queries = 8, torch.arange(3, 7)
    bias = alibi_bias(heads, queries, torch.arange(TIME))
    for head in range(heads):
        for row, query in enumerate(queries.tolist()):
            for key in range(TIME):
                assert bias[head, row, key].item() == pytest.approx(-(2.0 ** -(head + 1)) * abs(query - key))


@pytest.mark.parametrize("hidden", [8, 6])
def test_sinusoids_equal_the_formula(hidden: int) -> None:
    table = sinusoids(torch.tensor([0, 1, 50]), hidden)
    for row, place in enumerate((0, 1, 50)):
        for feature in range(hidden):
            angle = place / 10_000 ** (2 * (feature // 2) / hidden)
            expected = math.cos(angle) if feature % 2 else math.sin(angle)
            assert table[row, feature].item() == pytest.approx(expected, abs=1e-5)
