"""What is particular to each family: sizes counted by hand, settings, dropout, memory."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
import torch
from cases import SMALL_TASKS, assert_close, inputs_of
from torch import Tensor

from bench.checks.contracts import small_batch
from bench.probes.probe import decoder_state_size
from models import MODELS, build
from models.base import Memory, Model, UnsuitableError, detach, map_state, state_size
from models.layers.recurrent import RecurrentState
from tasks import Task
from tasks.signals.sine import Sine
from tasks.text.human_numbers import HumanNumbers

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


def label(value: object) -> str | None:
    return value.name if isinstance(value, Task) else None


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


def test_floors_have_no_parameters() -> None:
    for name, task in (("majority", SYMBOLS), ("neighbour", SYMBOLS), ("ridge", VALUES), ("markov", TEXT)):
        assert trainable(built(name, task)) == 0


def test_state_size_counts_real_numbers_in_nested_states() -> None:
    nested = (torch.zeros(2, 3), (torch.zeros(4), torch.zeros(5, dtype=torch.long), None), ())
    assert state_size(nested) == 10


def test_detach_cuts_every_tensor_of_a_state_and_keeps_its_shape() -> None:
    leaf = torch.ones(1, 2, 3, requires_grad=True)
    state = RecurrentState((leaf * 2, leaf * 3), Memory(torch.ones(2), leaf * 4))
    cut = detach(state)
    assert isinstance(cut, RecurrentState)
    assert isinstance(cut.memory, Memory)
    assert not any(part.requires_grad for part in (*cut.layers, cut.memory.states))
    assert torch.equal(cut.layers[1], state.layers[1])
    assert map_state(torch.neg, (None, (torch.ones(1),))) == (None, (-torch.ones(1),))


def test_the_memorys_mask_is_true_where_the_source_is_real() -> None:
    memory = Memory(torch.tensor([1, 3, 2]), torch.zeros(3, 4, 8))
    assert memory.mask.int().tolist() == [[1, 0, 0, 0], [1, 1, 1, 0], [1, 1, 0, 0]]


STARTED = [("start", "torch", {}, SYMBOLS), ("tied", True, {}, SYMBOLS)]
DROPPED = ("dropout_on", "output", {"dropout": 0.5}, SYMBOLS)
CHOICES = [
    ("cell", 3, {}, SYMBOLS),
    ("temperature", 3.0, {}, SYMBOLS),
    ("noise", 1.0, {}, SYMBOLS),
    ("hard", True, {}, SYMBOLS),
]
OTHER_SETTINGS: dict[str, list[tuple[str, Any, dict[str, Any], Task]]] = {
    "linear_rnn": [("recurrent", "orthogonal", {}, SYMBOLS)],
    "min_gru": [],
    "lru": [("inner", 0.5, {}, SYMBOLS), ("outer", 0.95, {}, SYMBOLS), ("phase", 1.0, {}, SYMBOLS)],
    "selective_ssm": [("state", 3, {}, SYMBOLS), ("expansion", 1, {}, SYMBOLS), ("window", 2, {}, SYMBOLS)],
    "location_attention": [
        ("heads", 2, {}, SYMBOLS),
        ("move", "convolution", {}, SYMBOLS),
        ("drive", "reads", {}, SYMBOLS),
        ("start", "last", {}, SYMBOLS),
        ("delimiter", 1, {"heads": 2, "start": "after"}, SYMBOLS),
        ("pointer", True, {}, SYMBOLS),
    ],
    "transducer": [("cell", "lstm", {}, SYMBOLS)],
    "stack_rnn": CHOICES,
    "tape_rnn": [*CHOICES, ("sharpen", False, {}, SYMBOLS)],
    "decoder_only": [
        ("heads", 2, {}, SYMBOLS),
        ("positions", "alibi", {}, SYMBOLS),
        ("source_sees", "all", {}, SYMBOLS),
        ("longest", 60, {"positions": "learned"}, SYMBOLS),
        ("windowed", 2, {"positions": "windowed"}, SYMBOLS),
        ("clip", 1, {"positions": "relative"}, SYMBOLS),
        ("couple", "mirror", {"positions": "coupled"}, SYMBOLS),
        ("ids", "absolute", {"positions": "coupled"}, SYMBOLS),
        ("window", 1, {"positions": "coupled"}, SYMBOLS),
        ("delimiter", 1, {"positions": "abacus"}, SYMBOLS),
        ("offset", 0, {"positions": "abacus"}, SYMBOLS),
    ],
    "elman": [],
    "rnn": [*STARTED, ("nonlinearity", "relu", {}, SYMBOLS)],
    "irnn": [],
    "gru": [*STARTED, DROPPED, ("final", "padding", {}, SYMBOLS)],
    "gru_cell": [],
    "char_loop": [("join", "concat", {}, SYMBOLS)],
    "lstm": [
        *STARTED,
        DROPPED,
        ("decoder_cell", "gru", {}, SYMBOLS),
        ("activity", 2.0, {}, SYMBOLS),
        ("change", 2.0, {}, SYMBOLS),
    ],
    "lstm_attention": [("start", "torch", {}, SYMBOLS)],
    "pointer": [("cell", "gru", {}, TEXT), ("size", 12, {}, TEXT), ("span", 3, {}, TEXT)],
    "markov": [("order", 1, {}, TEXT), ("smoothing", "witten_bell", {}, TEXT)],
    "transformer": [
        ("heads", 2, {}, SYMBOLS),
        ("positions", "alibi", {}, SYMBOLS),
        ("longest", 9, {"positions": "learned"}, SYMBOLS),
        ("window", 3, {"positions": "none"}, TEXT),
    ],
    "majority": [],
    "neighbour": [],
    "ridge": [("lags", 2, {}, VALUES), ("penalty", 1e3, {}, VALUES)],
}
COMMON: dict[str, Any] = {"hidden": 16, "layers": 3, "decoder": "blind", "dropout": 0.5, "embedding": 6}
READS = {"pointer": TEXT, "markov": TEXT}  # the others take strings


def settings_of(name: str) -> list[str]:
    return [each.name for each in fields(MODELS[name]) if each.init]


def changes_of(name: str) -> list[tuple[str, Any, dict[str, Any], Task]]:
    """Return another value of every setting, with what else is set and the task that shows it."""
    common = [(key, value, {}, READS.get(name, SYMBOLS)) for key, value in COMMON.items() if key in settings_of(name)]
    return [*common, *OTHER_SETTINGS[name]]


def outcome(name: str, task: Task, settings: dict[str, Any]) -> tuple[int, Tensor]:
    """Return how many parameters there are, and what comes out in training and in evaluation, gradients behind it."""
    model, batch = built(name, task, **settings), small_batch(task, 8)
    if hasattr(model, "fit"):
        seen = batch.target
        if not task.target.discrete:
            seen = seen + 0.3 * torch.randn(seen.shape)  # else any regression is exact
        model.fit(batch.source, batch.source_length, seen, batch.target_mask)
    outputs = model(batch.source, batch.source_length, inputs_of(task, batch))
    if outputs.requires_grad:
        task.loss(outputs, batch.target).mean().backward()
    gradients = [each.grad.flatten() for each in model.parameters() if each.grad is not None]
    with torch.no_grad():
        judged = model.eval()(batch.source, batch.source_length, inputs_of(task, batch))
    return trainable(model), torch.cat([outputs.detach().flatten(), judged.flatten(), *gradients])


@pytest.mark.parametrize("name", sorted(OTHER_SETTINGS))
def test_every_setting_has_another_value_to_try(name: str) -> None:
    assert {key for key, *_ in changes_of(name)} == set(settings_of(name))


CHANGES = [(name, *change) for name in sorted(OTHER_SETTINGS) for change in changes_of(name)]


@pytest.mark.parametrize(("name", "key", "value", "others", "task"), CHANGES, ids=label)
def test_changing_a_setting_changes_the_model(
    name: str, key: str, value: object, others: dict[str, Any], task: Task
) -> None:
    (parameters, outputs), (other_parameters, other) = (
        outcome(name, task, settings) for settings in (others, others | {key: value})
    )
    assert parameters != other_parameters or not torch.allclose(outputs, other)


def test_our_families_are_all_in_the_table_of_settings(model_name: str) -> None:
    ours = MODELS[model_name].__module__.startswith("models.")
    assert (model_name in OTHER_SETTINGS) == ours


@pytest.mark.parametrize("name", [name for name in sorted(OTHER_SETTINGS) if "dropout" in settings_of(name)])
def test_dropout_is_random_in_training_and_absent_in_evaluation(name: str) -> None:
    task = READS.get(name, SYMBOLS)
    model, batch = built(name, task, dropout=0.5), small_batch(task)
    inputs = inputs_of(task, batch)
    with torch.no_grad():
        one, other = (model(batch.source, batch.source_length, inputs) for _ in range(2))
        assert not torch.allclose(one, other)
        model.eval()
        one, other = (model(batch.source, batch.source_length, inputs) for _ in range(2))
        assert torch.equal(one, other)
        plain = built(name, task, dropout=0.0).eval()
        assert_close(one, plain(batch.source, batch.source_length, inputs))


@pytest.mark.parametrize("cell", ["gru", "rnn"])
def test_an_lstm_hands_its_output_to_a_decoder_of_another_kind(cell: str) -> None:
    model, batch = built("lstm", SYMBOLS, hidden=HIDDEN, decoder_cell=cell, layers=2), small_batch(SYMBOLS)
    memory = model.encoder(batch.source, batch.source_length)
    for given, final in zip(model.begin(batch.source, batch.source_length).layers, memory.final, strict=True):
        assert final.shape[0] == 2
        assert torch.equal(given, final[:1])


def test_tied_weights_are_one_tensor() -> None:
    model = built("gru", SYMBOLS, tied=True)
    assert model.decoder.readout.weight is model.decoder.reader.weight


BAD: list[tuple[str, Task, dict[str, Any], str]] = [
    ("gru", SYMBOLS, {"start": "zero"}, "unknown start 'zero'; choose from: orthogonal, own, torch"),
    ("elman", SYMBOLS, {"decoder": "deaf"}, "unknown decoder 'deaf'; choose from: fed, blind"),
    ("lstm", SYMBOLS, {"decoder_cell": "elman"}, "unknown decoder_cell 'elman'; choose from: lstm, gru, rnn"),
    ("rnn", SYMBOLS, {"hidden": 0}, "must be 1 or more; got 0 and 1"),
    ("gru", VALUES, {"tied": True}, "tied weights need"),
    ("lstm", SYMBOLS, {"tied": True, "decoder": "blind"}, "tied weights need"),
    ("transformer", SYMBOLS, {"positions": "relative"}, "unknown positions 'relative'; choose from: sinusoidal"),
    ("transformer", SYMBOLS, {"hidden": 10, "heads": 4}, "multiple of twice the heads; got 10 and 4"),
    ("transformer", SYMBOLS, {"layers": 0}, "got hidden 64, layers 0"),
    ("gru", SYMBOLS, {"tied": True, "embedding": 32}, "an embedding as wide as the state; got 32 and 64"),
    ("elman", SYMBOLS, {"embedding": -1}, r"embedding must be 0 \(as wide as the state\) or more; got -1"),
    ("gru", SYMBOLS, {"final": "start"}, "unknown final 'start'; choose from: stop, padding"),
    ("lstm", SYMBOLS, {"dropout_on": "input"}, "unknown dropout_on 'input'; choose from: all, hidden, between, output"),
    ("char_loop", SYMBOLS, {"join": "multiply"}, "unknown join 'multiply'; choose from: add, concat"),
    ("gru_cell", SYMBOLS, {"layers": 0}, "must be 1 or more; got 64 and 0"),
    ("pointer", TEXT, {"cell": "rnn"}, "unknown cell 'rnn'; choose from: gru, lstm"),
    ("pointer", TEXT, {"span": 0}, "sizes must be 1 or more; got hidden 64, layers 1, size 48, span 0"),
    ("ridge", VALUES, {"lags": 0}, "lags must be 1 or more; got 0"),
]


@pytest.mark.parametrize(("name", "task", "settings", "message"), BAD, ids=label)
def test_a_bad_setting_is_refused_with_its_value(name: str, task: Task, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        built(name, task, **settings)
    assert not isinstance(raised.value, UnsuitableError)


UNSUITABLE = [
    ("lstm_attention", HumanNumbers(), "a language model has none"),
    ("decoder_only", HumanNumbers(), "transformer can read a text"),
    ("location_attention", HumanNumbers(), "walks along a source of symbols; this task has none"),
    ("transducer", Sine(), "reads a source of symbols step by step; this task has none"),
    ("stack_rnn", Sine(), "this task has other data"),
    ("tape_rnn", HumanNumbers(), "this task has other data"),
    ("transformer", HumanNumbers(), "cannot be carried along a text; choose from: none, rotary, alibi"),
    ("pointer", SYMBOLS, "it needs a language model's task"),
    ("pointer", VALUES, "it needs a language model's task"),
    ("neighbour", HumanNumbers(), "this task has none"),
    ("neighbour", Sine(), "this task has none"),
    ("majority", Sine(), "this task writes real values"),
    ("ridge", SYMBOLS, "ridge continues one real value"),
    ("ridge", HumanNumbers(), "ridge continues one real value"),
]


@pytest.mark.parametrize(("name", "task", "message"), UNSUITABLE, ids=label)
def test_an_unsuitable_task_is_refused_with_the_reason(name: str, task: Task, message: str) -> None:
    with pytest.raises(UnsuitableError, match=message):
        built(name, task)


def test_a_position_past_the_learned_table_is_refused_and_says_what_to_set() -> None:
    model, batch = built("transformer", SYMBOLS, positions="learned", longest=4), small_batch(SYMBOLS)
    with pytest.raises(ValueError, match=r"set model\.longest above 4"):
        model(batch.source, batch.source_length, inputs_of(SYMBOLS, batch))
