"""The recurrent encoder and decoder: embeddings, dropout, tied weights, the state behind the padding."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import torch
from cases import SMALL_TASKS, assert_close, inputs_of
from torch import Tensor

from bench.checks.contracts import small_batch
from models import MODELS, build
from models.base import Model, UnsuitableError
from models.layers import kernels
from models.layers.recurrence import embedded
from tasks import Batch, Task

SYMBOLS, VALUES, TEXT = (SMALL_TASKS[kind] for kind in ("symbols", "values", "stream"))


def built(name: str, task: Task, **settings: Any) -> Model:
    torch.manual_seed(0)
    return build(name, task.source, task.target, **settings)


def test_tied_weights_are_one_tensor() -> None:
    model = built("gru", SYMBOLS, tied=True)
    assert model.decoder.readout.weight is model.decoder.reader.weight


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def states_of(model: Model, batch: Batch) -> Tensor:
    return model.begin(batch.source, batch.source_length).layers[0]


def test_a_state_behind_the_padding_differs_from_that_at_the_stop_only_where_there_is_padding() -> None:
    stop, padding = (built("gru", SYMBOLS, hidden=8, final=final) for final in ("stop", "padding"))
    batch = small_batch(SYMBOLS, 12)
    assert batch.source is not None
    differs = (states_of(stop, batch) - states_of(padding, batch)).abs().amax((0, 2)) > 1e-6
    assert differs.tolist() == [length < batch.source.shape[1] for length in batch.source_length.tolist()]
    assert 0 < differs.sum() < 12
    for row, length in enumerate(batch.source_length.tolist()):
        cut = Batch(
            batch.source[row : row + 1, :length], batch.source_length[row : row + 1], batch.target, batch.target
        )
        assert_close(states_of(padding, cut), states_of(stop, batch)[:, row : row + 1])


@pytest.mark.parametrize("name", ["elman", "rnn", "irnn", "gru", "gru_cell", "lstm", "char_loop"])
@pytest.mark.parametrize("task", [SYMBOLS, VALUES, TEXT], ids=["symbols", "values", "text"])
def test_the_embedding_has_its_own_width_and_no_other_layer_has(name: str, task: Task) -> None:
    model, usual = (built(name, task, hidden=8, layers=2, embedding=width) for width in (3, 0))
    for part, readers in (("decoder", (model.decoder, usual.decoder)), ("encoder", (model.encoder, usual.encoder))):
        if part == "encoder" and task.source is None:
            continue
        for owner, width in zip(readers, (3, 8), strict=True):
            shape = owner.reader.weight.shape
            assert width in shape
            first, second = ([each.shape for each in layer.parameters()] for layer in owner.stack.layers)
            assert (first == second) == (width == 8)
    assert usual.decoder.readout.weight.shape == model.decoder.readout.weight.shape == (task.target.size, 8)


@pytest.mark.parametrize("name", ["rnn", "gru", "lstm", "elman", "char_loop"])
def test_embeddings_start_with_a_norm_of_one_but_where_torchs_own_start_is_asked_for(name: str) -> None:
    model = built(name, TEXT, hidden=400)
    assert model.decoder.reader.weight.norm(dim=1).mean().item() == pytest.approx(1, rel=0.05)
    if name in ("rnn", "gru", "lstm"):
        own = built(name, TEXT, hidden=400, start="torch")
        assert own.decoder.reader.weight.norm(dim=1).mean().item() == pytest.approx(20, rel=0.05)
        bounds = [weight.abs().max().item() for weight in own.decoder.stack.layers[0].parameters()]
        assert bounds == pytest.approx([1 / 20] * 4, rel=0.05)  # uniform within 1 / sqrt(hidden)


PLACES = {"all": (1, 1, 1), "hidden": (0, 1, 1), "between": (0, 1, 0), "output": (0, 0, 1)}


@pytest.mark.parametrize("name", ["gru", "lstm"])
@pytest.mark.parametrize("places", PLACES)
def test_dropout_stands_where_it_is_asked_for(name: str, places: str) -> None:
    """With a probability of 1, whatever reads behind a dropout reads zeros."""
    model = built(name, TEXT, hidden=8, layers=2, dropout=1.0, dropout_on=places)
    read: list[bool] = []
    for part in (*model.decoder.stack.layers, model.decoder.readout):
        part.register_forward_pre_hook(lambda _, given: read.append(not embedded(given[0]).any()))
    batch = small_batch(TEXT)
    model(None, batch.source_length, inputs_of(TEXT, batch))
    model.eval()(None, batch.source_length, inputs_of(TEXT, batch))
    assert read == [*map(bool, PLACES[places]), False, False, False]


def trained_on_strings() -> Iterator[str]:
    """Yield the families that are trained to answer a string."""
    for name in sorted(MODELS):
        with suppress(UnsuitableError):
            if built(name, SYMBOLS).trainable:
                yield name


@pytest.mark.parametrize("name", list(trained_on_strings()))
def test_leaving_out_what_is_past_a_rows_end_changes_nothing_before_it(name: str) -> None:
    model, batch = built(name, SYMBOLS).eval(), small_batch(SYMBOLS)
    given = batch.source, batch.source_length, inputs_of(SYMBOLS, batch)
    assert len(set(batch.target_length.tolist())) > 1
    with torch.no_grad():
        whole, within = model(*given), model.forward_within(*given, batch.target_length)
    assert_close(within[batch.target_mask], whole[batch.target_mask])


def test_a_layer_that_is_fastest_over_whole_rows_gets_no_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an LSTM over vectors without the kernels, ends would take torch's one kernel away."""
    model = built("lstm", SMALL_TASKS["values"])
    ends: list[Tensor | None] = []
    model.decoder.stack.layers[0].register_forward_pre_hook(lambda _, given: ends.append(given[2]))
    batch = small_batch(SMALL_TASKS["values"])
    given = batch.source, batch.source_length, inputs_of(SMALL_TASKS["values"], batch), batch.target_length
    with kernels.switched_off():
        model.forward_within(*given)
    assert ends == [None]
