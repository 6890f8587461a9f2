"""Two-dimensional rotary positions against a whole Transformer written out in numpy, and against what they promise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from cases import SMALL_TASKS, assert_close
from pieces import assert_pieces_equal_the_whole
from written_out import INPUTS, SOURCE, Asked, Numbers, assert_equals_written_out, softmax, stirred

from models import build
from models.base import Model, state_size
from models.layers.grid import turn_of

SYMBOLS = SMALL_TASKS["symbols"]
HIDDEN, HEADS = 16, 2


def built(**settings: Any) -> Model:
    torch.manual_seed(0)
    return build("grid_rotary", SYMBOLS.source, SYMBOLS.target, **{"hidden": HIDDEN, "heads": HEADS} | settings).eval()


def turned(features: Numbers, row: int, column: int) -> Numbers:
    """Turn pairs of features as complex numbers: those of the first half by the row, of the second by the column."""
    pairs, half = features[0::2] + 1j * features[1::2], len(features) // 4
    for pair in range(len(pairs)):
        frequency = 10_000.0 ** -((pair % half) / half)
        pairs[pair] *= np.exp(1j * frequency * (row if pair < half else column))
    return np.stack([pairs.real, pairs.imag], -1).flatten()


def test_it_equals_attention_with_turned_queries_and_keys_written_out() -> None:
    model = built()
    stirred(model)
    places = [(0, column) for column in range(len(SOURCE))] + [(1, column) for column in range(len(INPUTS))]

    def weigh(asked: Asked) -> Numbers:
        keys = np.stack([turned(key, *places[time]) for time, key in enumerate(asked.keys)])
        return softmax(keys @ turned(asked.query, *places[asked.time]) / math.sqrt(len(asked.query)))

    assert_equals_written_out(model, weigh)


def test_a_product_of_turned_features_depends_on_both_offsets_alone() -> None:
    torch.manual_seed(0)
    query, key = torch.randn(2, 1, 1, 1, 16, dtype=torch.double).unbind(0)

    def product(query_at: tuple[int, int], key_at: tuple[int, int]) -> float:
        ends = ((query, query_at), (key, key_at))
        turns = [turn_of(torch.tensor([[row]]), torch.tensor([[column]]), 16)(each) for each, (row, column) in ends]
        return float((turns[0] * turns[1]).sum())

    assert product((1, 5), (0, 5)) == pytest.approx(product((3, 905), (2, 905)), abs=1e-3)
    assert product((1, 5), (1, 3)) == pytest.approx(product((0, 12), (0, 10)), abs=1e-4)
    assert abs(product((1, 5), (0, 5)) - product((0, 5), (0, 5))) > 1e-2
    assert abs(product((1, 5), (0, 5)) - product((1, 5), (0, 4))) > 1e-2


@pytest.mark.parametrize("layers", [1, 3])
def test_reading_in_pieces_equals_reading_at_once(layers: int) -> None:
    model = built(layers=layers)
    stirred(model)
    assert_pieces_equal_the_whole(model)


def test_a_target_stands_below_its_own_rows_source_however_long_the_others_are() -> None:
    model = built()
    inputs = torch.tensor([INPUTS])
    with torch.no_grad():
        alone = model(torch.tensor([SOURCE]), torch.tensor([7]), inputs)
        wide = torch.tensor([SOURCE + [0] * 20, [5] * 27])
        assert_close(model(wide, torch.tensor([7, 27]), inputs.expand(2, -1))[:1], alone)


def test_the_state_is_the_keys_and_values_of_every_layer() -> None:
    state = built(layers=3).begin(torch.tensor([[3, 4, 5, 4]]), torch.tensor([4]))
    assert state_size(state) == 3 * 2 * 4 * HIDDEN


def test_heads_too_narrow_for_both_directions_are_one_line() -> None:
    with pytest.raises(ValueError, match=r"^hidden must be a multiple of four times the heads; got 12 and 2$"):
        built(hidden=12)
