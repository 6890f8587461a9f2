"""ASEntmax against loops in numpy over tokens, layers and heads, by normaliser, scale and positions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from cases import SMALL_TASKS, assert_close
from pieces import assert_pieces_equal_the_whole
from torch import Tensor
from written_out import Asked, Numbers, assert_equals_written_out, entmax, linear, softmax, stirred

from models import build
from models.base import Model, state_size
from models.layers.adaptive import AdaptiveAttention

SYMBOLS = SMALL_TASKS["symbols"]
HIDDEN, HEADS = 16, 4
SLOPES = {
    "nape": [1.0, 1 / 2, 0.0, 0.0],  # 1 / h of the first half
    "alibi": [1 / 4, 1 / 16, 1 / 64, 1 / 256],  # 2^(-8 h / heads)
    "none": [0.0] * HEADS,
}
SCALED_FROM = {"nape": 2, "alibi": 0, "none": 0}  # the first head with a temperature


def built(**settings: Any) -> Model:
    torch.manual_seed(0)
    return build("asentmax", SYMBOLS.source, SYMBOLS.target, **{"hidden": HIDDEN, "heads": HEADS} | settings).eval()


def temperature(attention: Any, asked: Asked, first: int) -> float:
    """Return delta + beta (log(n + 1))^gamma, delta being 0.95, beta a softplus and gamma twice a tanh."""
    if attention.temperature is None or asked.head < first:
        return 1.0
    made = linear(attention.temperature.maps, asked.normed)
    heads = HEADS - first
    beta = math.log1p(math.exp(made[asked.head - first]))
    gamma = 2 * math.tanh(made[heads + asked.head - first])
    return float(0.95 + beta * math.log(asked.time + 2) ** gamma)  # it sees time + 1 keys


def scored(model: Model, source: Tensor, length: Tensor, inputs: Tensor) -> Tensor:
    with torch.no_grad():
        return model(source, length, inputs)


@pytest.mark.parametrize("normaliser", ["entmax", "softmax"])
@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("positions", ["nape", "alibi", "none"])
def test_it_equals_its_formulas_written_out_over_one_sequence(normaliser: str, scaled: bool, positions: str) -> None:
    model = built(normaliser=normaliser, scaled=scaled, positions=positions)
    stirred(model)
    decoder: Any = model.decoder

    def weigh(asked: Asked) -> Numbers:
        attention = decoder.layers.blocks[asked.layer].self_attention
        products = asked.keys @ asked.query / math.sqrt(len(asked.query))
        distance = asked.time - np.arange(asked.time + 1)
        scores = products * temperature(attention, asked, SCALED_FROM[positions])
        return (entmax if normaliser == "entmax" else softmax)(scores - SLOPES[positions][asked.head] * distance)

    assert_equals_written_out(model, weigh)


@pytest.mark.parametrize("positions", ["nape", "alibi", "none"])
def test_the_temperature_is_one_at_the_start_at_every_length(positions: str) -> None:
    """So what comes out is what the same weights put out without a temperature."""
    scaled, plain = built(positions=positions), built(positions=positions, scaled=False)
    lacking = scaled.load_state_dict(plain.state_dict(), strict=False)
    assert lacking.missing_keys
    assert all(".temperature." in name for name in lacking.missing_keys)
    for time in (1, 5, 40):
        source = torch.randint(3, 6, (2, time))
        given = source, torch.tensor([time, 1]), torch.tensor([[1, 3], [1, 4]])
        assert_close(scored(scaled, *given), scored(plain, *given))


@pytest.mark.parametrize("settings", [{}, {"normaliser": "softmax"}, {"positions": "none"}, {"scaled": False}])
def test_reading_in_pieces_equals_reading_at_once(settings: dict[str, Any]) -> None:
    model = built(**settings)
    stirred(model)
    assert_pieces_equal_the_whole(model)


def test_a_key_that_scores_two_above_the_others_is_all_that_is_read() -> None:
    for normaliser, alone in (("entmax", True), ("softmax", False)):
        attention = AdaptiveAttention(4, 1, "none", normaliser, scaled=False)
        with torch.no_grad():
            attention.output.weight.copy_(torch.eye(4))
            attention.output.bias.zero_()
            query, keys = torch.tensor([[[[4.0, 0, 0, 0]]]]), torch.eye(4)[None, None]  # products 4, scores 2, 0, 0, 0
            values = torch.arange(16.0).view(1, 1, 4, 4)
            read = attention(query, keys, values, torch.ones(1, 1, 1, 4, dtype=torch.bool), 3)
        assert torch.equal(read[0, 0], values[0, 0, 0]) == alone


def test_the_state_is_the_keys_and_values_of_every_layer() -> None:
    state = built(layers=3).begin(torch.tensor([[3, 4, 5, 4]]), torch.tensor([4]))
    assert state_size(state) == 3 * 2 * 4 * HIDDEN


BAD: list[tuple[dict[str, Any], str]] = [
    ({"positions": "rotary"}, "unknown positions 'rotary'; choose from: nape, alibi, none"),
    ({"normaliser": "sparsemax"}, "unknown normaliser 'sparsemax'; choose from: softmax, entmax"),
    ({"heads": 1}, "positions 'nape' need 2 heads or more; got 1"),
    ({"layers": 0}, "got hidden 16, layers 0, heads 4"),
]


@pytest.mark.parametrize(("settings", "message"), BAD)
def test_a_bad_setting_is_refused_with_its_value(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        built(**settings)
