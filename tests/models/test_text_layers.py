"""The language models' layers against loops in numpy, torch.nn, and losses written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from cases import SMALL_TASKS, assert_close, inputs_of
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.checks.contracts import small_batch
from models import build
from models.base import Model
from models.char_loop import LoopLayer
from models.gru_cell import GRUCellLayer
from models.layers.activity import penalise_activity, penalise_change
from tasks import Batch, Task

BATCH, TIME, WIDTH, HIDDEN = 4, 7, 5, 6
LENGTHS = torch.tensor([3, 7, 1, 5])
SYMBOLS, VALUES, TEXT = (SMALL_TASKS[kind] for kind in ("symbols", "values", "stream"))
Floats = NDArray[np.float64]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def built(name: str, task: Task, **settings: Any) -> Model:
    torch.manual_seed(0)
    return build(name, task.source, task.target, **settings)


def drawn_state() -> tuple[Tensor, Tensor]:
    return torch.randn(BATCH, TIME, WIDTH), torch.randn(1, BATCH, HIDDEN)


def numbers(values: Tensor) -> Floats:
    return values.detach().double().numpy()


@pytest.mark.parametrize("join", ["add", "concat"])
def test_the_character_loop_is_its_formula_step_by_step(join: str) -> None:
    layer = LoopLayer(WIDTH, HIDDEN, join)
    inputs, state = drawn_state()
    outputs, last = layer(inputs, state)
    u, b, w, c = map(numbers, (layer.input.weight, layer.input.bias, layer.recurrent.weight, layer.recurrent.bias))
    for row in range(BATCH):
        hidden = numbers(state)[0, row]
        for time in range(TIME):
            read = numbers(inputs)[row, time]
            if join == "add":
                joined = hidden + np.maximum(u @ read + b, 0)
            else:
                joined = np.maximum(u[:, :HIDDEN] @ hidden + u[:, HIDDEN:] @ read + b, 0)
            hidden = np.tanh(w @ joined + c)
            np.testing.assert_allclose(numbers(outputs)[row, time], hidden, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(numbers(last)[0, row], hidden, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("layer", [LoopLayer(WIDTH, HIDDEN, "add"), LoopLayer(WIDTH, HIDDEN, "concat")])
def test_the_character_loop_ends_at_each_rows_own_length(layer: LoopLayer) -> None:
    inputs, state = drawn_state()
    _, last = layer(inputs, state, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        alone, _ = layer(inputs[row : row + 1, :length], state[:, row : row + 1])
        assert_close(last[0, row], alone[0, -1])


def gru_pair() -> tuple[GRUCellLayer, nn.GRU]:
    ours, theirs = GRUCellLayer(WIDTH, HIDDEN), nn.GRU(WIDTH, HIDDEN, batch_first=True)
    theirs.load_state_dict(
        {
            "weight_ih_l0": ours.input.weight,
            "weight_hh_l0": ours.recurrent.weight,
            "bias_ih_l0": ours.input.bias,
            "bias_hh_l0": ours.recurrent.bias,
        }
    )
    return ours, theirs


def test_the_written_out_gru_and_its_gradients_are_torchs() -> None:
    ours, theirs = gru_pair()
    inputs, state = drawn_state()
    weight, found = torch.randn(BATCH, TIME, HIDDEN), []
    for layer, names in ((ours, ("input", "recurrent")), (theirs, ("ih", "hh"))):
        read, start = inputs.clone().requires_grad_(), state.clone().requires_grad_()
        outputs, last = layer(read, start)
        ((outputs * weight).sum() + last.square().sum()).backward()
        parts = [getattr(layer, name) for name in names] if layer is ours else []
        own = [part for each in parts for part in (each.weight.grad, each.bias.grad)]
        torchs = (
            [getattr(layer, f"{kind}_{name}_l0").grad for name in names for kind in ("weight", "bias")]
            if not own
            else []
        )
        found.append([outputs, last, read.grad, start.grad, *own, *torchs])
    for mine, other in zip(*found, strict=True):
        assert_close(mine, other)


def test_the_written_out_gru_ends_rows_as_torch_packs_them() -> None:
    ours, theirs = gru_pair()
    inputs, state = drawn_state()
    packed = nn.utils.rnn.pack_padded_sequence(inputs, LENGTHS, batch_first=True, enforce_sorted=False)
    assert_close(ours(inputs, state, LENGTHS)[1], theirs(packed, state)[1])


def test_the_written_out_gru_starts_with_orthogonal_gates() -> None:
    for gate in GRUCellLayer(WIDTH, HIDDEN).recurrent.weight.chunk(3):
        assert_close(gate @ gate.T, torch.eye(HIDDEN))


def written_out(outputs: Tensor, activity: float, change: float) -> Tensor:
    steps = outputs[:, 1:] - outputs[:, :-1]
    return activity * outputs.square().mean() + change * (steps.square().mean() if steps.numel() else 0.0)


@pytest.mark.parametrize(("activity", "change"), [(2.0, 0.0), (0.0, 3.0), (2.0, 3.0), (0.0, 0.0)])
@pytest.mark.parametrize("time", [1, 2, TIME])
def test_penalties_have_the_gradient_of_the_loss_written_out(activity: float, change: float, time: int) -> None:
    leaf, weight = torch.randn(BATCH, time, HIDDEN), torch.randn(BATCH, time, HIDDEN)
    one, other = (leaf.clone().requires_grad_() for _ in range(2))
    penalised = penalise_activity(penalise_change((one * 3).tanh(), change), activity)
    assert torch.equal(penalised, (leaf * 3).tanh())
    (penalised * weight).sum().backward()
    outputs = (other * 3).tanh()
    ((outputs * weight).sum() + written_out(outputs, activity, change)).backward()
    assert_close(one.grad, other.grad)


def test_penalties_in_a_model_have_the_gradient_of_the_loss_written_out() -> None:
    penalised = built("lstm", TEXT, hidden=8, layers=2, activity=2.0, change=3.0)
    plain = built("lstm", TEXT, hidden=8, layers=2)
    batch = small_batch(TEXT, 4)
    inputs = inputs_of(TEXT, batch)
    TEXT.loss(penalised(None, batch.source_length, inputs), batch.target).mean().backward()
    outputs, _ = plain.decoder.stack(plain.decoder.reader(inputs), plain.decoder.stack.start(4))
    loss = TEXT.loss(plain.decoder.readout(outputs), batch.target).mean() + written_out(outputs, 2.0, 3.0)
    loss.backward()
    for (name, mine), other in zip(penalised.named_parameters(), plain.parameters(), strict=True):
        if mine.requires_grad:
            torch.testing.assert_close(mine.grad, other.grad, rtol=1e-4, atol=1e-6, msg=name)


@pytest.mark.parametrize("name", ["gru", "lstm"])
def test_nothing_is_penalised_where_nothing_is_trained(name: str) -> None:
    model, batch = built("lstm", TEXT, hidden=8, activity=2.0, change=3.0, decoder_cell=name).eval(), small_batch(TEXT)
    plain = built("lstm", TEXT, hidden=8, decoder_cell=name).eval()
    with torch.no_grad():
        one, other = (each(None, batch.source_length, inputs_of(TEXT, batch)) for each in (model, plain))
    assert torch.equal(one, other)


def softmax(scores: Floats) -> Floats:
    raised = np.exp(scores - scores.max())
    return raised / raised.sum()


def linear(layer: nn.Linear, read: Floats) -> Floats:
    return numbers(layer.weight) @ read + numbers(layer.bias)


def pointed(model: Model, symbols: list[int], span: int) -> Floats:
    """Log probabilities after each symbol of one row, one step at a time: the layers by torch, the rest in numpy."""
    decoder, found, keys = model.decoder, [], []
    embedding, state = numbers(decoder.reader.weight), decoder.stack.start(1)
    for time, symbol in enumerate(symbols):
        keys.append(linear(decoder.key, numbers(state[-1])[0, 0]))
        output, state = decoder.stack(decoder.reader(torch.tensor([[symbol]])), state)
        hidden = numbers(output)[0, 0]
        written = softmax(embedding @ hidden + numbers(decoder.readout.bias))
        remembered = range(max(0, time - span + 1), time + 1)
        query = linear(decoder.query, hidden)
        weights = softmax(np.array([query @ keys[place] / np.sqrt(len(query)) for place in remembered]))
        copied = np.zeros_like(written)
        for place, weight in zip(remembered, weights, strict=True):
            copied[symbols[place]] += weight
        gate = 1 / (1 + np.exp(-linear(decoder.gate, hidden)))
        found.append(np.log((1 - gate) * written + gate * copied + 1e-9))
    return np.stack(found)


@pytest.mark.parametrize(("cell", "layers"), [("gru", 1), ("lstm", 2)])
@pytest.mark.parametrize("span", [1, 4, 50])
def test_the_pointer_mixes_what_it_writes_and_what_it_copies(cell: str, layers: int, span: int) -> None:
    model = built("pointer", TEXT, hidden=8, layers=layers, cell=cell, size=5, span=span).eval()
    for part in (model.decoder.query, model.decoder.key):
        part.weight.data *= 8  # sharp attention, so that a wrong place would be seen
    text = TEXT.training_text()[:36].view(2, 18)
    with torch.no_grad():
        outputs = model(None, torch.zeros(2, dtype=torch.long), text)
    for row in range(2):
        expected = pointed(model, text[row].tolist(), span)
        np.testing.assert_allclose(numbers(outputs)[row], expected, rtol=1e-3, atol=1e-4)
    assert_close(outputs.exp().sum(-1), torch.ones(2, 18))


@pytest.mark.parametrize("pieces", [1, 3, 10])
def test_the_pointer_remembers_its_span_and_no_more(pieces: int) -> None:
    model = built("pointer", TEXT, hidden=8, size=5, span=4).eval()
    text, state = TEXT.training_text()[:20][None], model.begin(None, torch.zeros(1, dtype=torch.long))
    whole, outputs, read = model(None, torch.zeros(1, dtype=torch.long), text), [], 0
    for piece in text.split(pieces, 1):
        found, state = model.decoder(piece, state)
        outputs.append(found)
        read += piece.shape[1]
        assert state.keys.shape[1] == min(read, 4)
        assert state.symbols[0].tolist() == text[0, max(0, read - 4) : read].tolist()
    assert_close(torch.cat(outputs, 1), whole)


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
        part.register_forward_pre_hook(lambda _, given: read.append(not given[0].any()))
    batch = small_batch(TEXT)
    model(None, batch.source_length, inputs_of(TEXT, batch))
    model.eval()(None, batch.source_length, inputs_of(TEXT, batch))
    assert read == [*map(bool, PLACES[places]), False, False, False]
