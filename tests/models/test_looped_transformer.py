"""Looped Transformers against loops in numpy over loops, tokens, layers and heads."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from cases import SMALL_TASKS
from pieces import assert_pieces_equal_the_whole
from written_out import Asked, Numbers, embedded, read_out, softmax, stirred, through

from models import build
from models.base import Model, state_size

SYMBOLS = SMALL_TASKS["symbols"]
HIDDEN, HEADS = 16, 2
SOURCE, INPUTS = [3, 4, 4, 5, 3], [1, 3, 4, 5, 4, 3]
TIMES: dict[str, Callable[[int], int]] = {
    "fixed": lambda _: 2,
    "logarithm": lambda length: 2 * len(f"{length:b}"),
    "length": lambda length: 2 * length,
}


def built(**settings: Any) -> Model:
    torch.manual_seed(0)
    chosen = {"hidden": HIDDEN, "heads": HEADS, "loops": 2} | settings
    return build("looped_transformer", SYMBOLS.source, SYMBOLS.target, **chosen).eval()


def looped(model: Model, source: list[int], inputs: list[int], loops: int, injected: bool, alibi: bool) -> Numbers:
    """Score one row: so many loops, each over all layers, the second and later with the embeddings added."""

    def weigh(asked: Asked) -> Numbers:
        slope = 2.0 ** (-8 * (asked.head + 1) / HEADS) if alibi else 0.0
        distance = asked.time - np.arange(asked.time + 1)
        return softmax(asked.keys @ asked.query / math.sqrt(len(asked.query)) - slope * distance)

    given = embedded(model, source, inputs)
    states, decoder = np.zeros_like(given), model.decoder
    for loop in range(loops):
        states = states + given if injected or loop == 0 else states
        for layer, block in enumerate(decoder.layers.blocks):
            states = through(block, layer, states, weigh)
    return read_out(model, states)[len(source) :]


@pytest.mark.parametrize("pace", sorted(TIMES))
@pytest.mark.parametrize(("injected", "positions", "layers"), [(True, "none", 1), (False, "alibi", 2)])
def test_it_equals_the_same_layers_written_out_loop_by_loop(
    pace: str, injected: bool, positions: str, layers: int
) -> None:
    """In a batch with a row that takes more loops than others, and is wider."""
    model = built(pace=pace, injected=injected, positions=positions, layers=layers)
    stirred(model)
    rows = [SOURCE, [4] * 9, [5], [3, 4]]
    padded = torch.tensor([row + [0] * (9 - len(row)) for row in rows])
    with torch.no_grad():
        got = model(padded, torch.tensor([len(row) for row in rows]), torch.tensor([INPUTS] * len(rows)))
    for row, source in enumerate(rows):
        loops = TIMES[pace](len(source))
        expected = looped(model, source, INPUTS, loops, injected, positions == "alibi")
        torch.testing.assert_close(got[row], torch.tensor(expected, dtype=torch.float32), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("pace", sorted(TIMES))
def test_reading_in_pieces_equals_reading_at_once(pace: str) -> None:
    model = built(pace=pace, positions="rotary")
    stirred(model)
    assert_pieces_equal_the_whole(model)


def test_more_loops_are_more_state_and_no_more_weights() -> None:
    sizes, weights = [], []
    for loops in (1, 5):
        model = built(loops=loops)
        weights.append(sum(each.numel() for each in model.parameters()))
        sizes.append(state_size(model.begin(torch.tensor([[3, 4, 5, 4]]), torch.tensor([4]))))
    assert weights[0] == weights[1]
    assert sizes == [2 * 4 * HIDDEN, 5 * 2 * 4 * HIDDEN]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"positions": "nape"}, "unknown positions 'nape'; choose from: none, alibi, rotary"),
    ({"pace": "halting"}, "unknown pace 'halting'; choose from: fixed, logarithm, length"),
    ({"loops": 0}, "sizes must be 1 or more; got loops 0"),
    ({"hidden": 10, "heads": 4}, "multiple of twice the heads; got 10 and 4"),
]


@pytest.mark.parametrize(("settings", "message"), BAD)
def test_a_bad_setting_is_refused_with_its_value(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        built(**settings)
