"""Every family's parameters and state, counted by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from cases import SMALL_TASKS

from bench.probes.probe import decoder_state_size
from models import build
from models.base import Model
from tasks import Task

SYMBOLS, VALUES, TEXT = (SMALL_TASKS[kind] for kind in ("symbols", "values", "stream"))


IDS, HIDDEN, LONGEST = 6, 8, 5  # three reserved ids and three symbols; the longest training source


READ = 2 * IDS * HIDDEN  # both embeddings


WRITE = IDS * HIDDEN + IDS


WRITTEN_OUT = 2 * HIDDEN**2 + HIDDEN  # one bias


CELL = 2 * HIDDEN**2 + 2 * HIDDEN  # torch's two biases


ADDITIVE = HIDDEN**2 + HIDDEN + HIDDEN**2 + HIDDEN


HEADED = 4 * (HIDDEN**2 + HIDDEN)


FORWARD = (HIDDEN * 4 * HIDDEN + 4 * HIDDEN) + (4 * HIDDEN * HIDDEN + HIDDEN)


NORM = 2 * HIDDEN


TWO_LAYERS = 2 * (HEADED + FORWARD + 2 * NORM) + NORM + 2 * (2 * HEADED + FORWARD + 3 * NORM) + NORM


KEYS_VALUES = 2 * 2 * LONGEST * HIDDEN  # of two layers


SQUARE, TURNS = HIDDEN**2, HIDDEN * (HIDDEN - 1) // 2


WIDE = 2 * HIDDEN  # the channels of a selective model: two for each unit, 8 numbers in each, 4 taps, rank 1


SELECTIVE = (2 * WIDE * HIDDEN + 2 * WIDE) + (4 + 1) * WIDE + 17 * WIDE + 2 * WIDE + (8 + 1) * WIDE + HIDDEN * WIDE


COUNTED: list[tuple[str, dict[str, Any], int, int]] = [
    ("linear_rnn", {}, READ + 2 * WRITTEN_OUT + WRITE, HIDDEN),
    ("linear_rnn", {"recurrent": "orthogonal"}, READ + 2 * (SQUARE + HIDDEN + TURNS) + WRITE, HIDDEN),
    ("min_gru", {}, READ + 2 * (3 * SQUARE + 2 * HIDDEN) + WRITE, 2 * 2 * HIDDEN),
    ("lru", {"layers": 1}, READ + 6 * SQUARE + 6 * HIDDEN + WRITE, 3 * HIDDEN),
    ("selective_ssm", {"layers": 1}, READ + SELECTIVE + WRITE, (1 + 2 * (8 + 3)) * HIDDEN),
    ("elman", {}, READ + 2 * WRITTEN_OUT + HIDDEN + WRITE, HIDDEN),
    ("elman", {"decoder": "blind"}, READ // 2 + 2 * WRITTEN_OUT + HIDDEN + WRITE, HIDDEN),
    ("rnn", {}, READ + 2 * CELL + WRITE, HIDDEN),
    ("rnn", {"tied": True}, READ + 2 * CELL + IDS, HIDDEN),
    ("irnn", {"layers": 2}, READ + 4 * CELL + WRITE, 2 * HIDDEN),
    ("gru", {}, READ + 2 * 3 * CELL + WRITE, HIDDEN),
    ("lstm", {}, READ + 2 * 4 * CELL + WRITE, 2 * HIDDEN),
    ("lstm", {"layers": 3}, READ + 6 * 4 * CELL + WRITE, 6 * HIDDEN),
    ("lstm", {"decoder_cell": "gru"}, READ + 4 * CELL + 3 * CELL + WRITE, HIDDEN),
    ("gru_cell", {}, READ + 2 * 3 * CELL + WRITE, HIDDEN),
    ("char_loop", {}, READ + 2 * CELL + WRITE, HIDDEN),
    ("char_loop", {"join": "concat"}, READ + 2 * (CELL + HIDDEN**2) + WRITE, HIDDEN),
    ("gru", {"embedding": 3}, 2 * IDS * 3 + 2 * 3 * (CELL - HIDDEN * (HIDDEN - 3)) + WRITE, HIDDEN),
    ("lstm_attention", {}, READ + 8 * CELL + ADDITIVE + 2 * WRITE - IDS, 2 * HIDDEN + LONGEST * HIDDEN),
    ("transformer", {"heads": 2}, READ + TWO_LAYERS + WRITE, KEYS_VALUES),
    ("decoder_only", {"heads": 2}, READ + 2 * (HEADED + FORWARD + 2 * NORM) + NORM + WRITE, KEYS_VALUES),
    ("transformer", {"heads": 4, "positions": "rotary"}, READ + TWO_LAYERS + WRITE, KEYS_VALUES),
    (
        "transformer",
        {"heads": 2, "positions": "learned", "longest": 20},
        READ + TWO_LAYERS + WRITE + 2 * 20 * HIDDEN,
        KEYS_VALUES,
    ),
]


def built(name: str, task: Task, **settings: Any) -> Model:
    torch.manual_seed(0)
    return build(name, task.source, task.target, **settings)


def trainable(model: Model) -> int:
    return sum(each.numel() for each in model.parameters() if each.requires_grad)


@pytest.mark.parametrize(("name", "settings", "parameters", "state"), COUNTED)
def test_parameters_are_as_many_as_counted_by_hand(
    name: str, settings: dict[str, Any], parameters: int, state: int
) -> None:
    assert trainable(built(name, SYMBOLS, hidden=HIDDEN, **settings)) == parameters


@pytest.mark.parametrize(("name", "settings", "parameters", "state"), COUNTED)
def test_the_state_is_as_large_as_counted_by_hand(
    name: str, settings: dict[str, Any], parameters: int, state: int
) -> None:
    assert decoder_state_size(built(name, SYMBOLS, hidden=HIDDEN, **settings), SYMBOLS, "cpu") == state


@pytest.mark.parametrize(
    ("name", "state"), [("linear_rnn", 8), ("elman", 8), ("rnn", 8), ("irnn", 8), ("gru", 8), ("lstm", 16)]
)
def test_a_recurrent_language_models_state_is_its_layers(name: str, state: int) -> None:
    assert decoder_state_size(built(name, TEXT, hidden=8), TEXT, "cpu") == state


def test_a_transformer_language_models_state_is_its_window_of_keys_and_values() -> None:
    model = built("transformer", TEXT, hidden=8, heads=2, layers=2, window=5, positions="rotary")
    assert decoder_state_size(model, TEXT, "cpu") == 2 * 2 * 5 * 8


@pytest.mark.parametrize(("cell", "parts"), [("gru", 1), ("lstm", 2)])
def test_a_pointers_state_is_its_layers_and_the_keys_of_its_span(cell: str, parts: int) -> None:
    model = built("pointer", TEXT, hidden=8, layers=2, cell=cell, size=6, span=5)
    assert decoder_state_size(model, TEXT, "cpu") == 2 * parts * 8 + 5 * 6


def test_trivial_baselines_have_no_parameters() -> None:
    for name, task in (("majority", SYMBOLS), ("neighbour", SYMBOLS), ("ridge", VALUES), ("markov", TEXT)):
        assert trainable(built(name, task)) == 0
