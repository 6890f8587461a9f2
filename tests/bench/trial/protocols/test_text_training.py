"""Training on a text: state carried or fresh, one position or all, against long unbroken passes."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
import torch
from cases import SMALL_TASKS, TRAINED, Case, assert_close, of_kind
from torch import Tensor

from bench.spec.spec import Spec
from bench.trial.batches import Step
from bench.trial.losses import masked_mean
from bench.trial.protocols import protocol_of
from bench.trial.protocols.text import read_and_score
from bench.trial.train import train
from models.base import Model, detach

NUMBERS = SMALL_TASKS["stream"]
STREAMS = of_kind("stream", TRAINED)
every_trained = pytest.mark.parametrize("case", STREAMS, ids=str)
ROWS = 3


def steps_of(mode: str, count: int, batch: int = ROWS, stride: int = 0) -> list[Step]:
    task = replace(NUMBERS, mode=mode, stride=stride)
    steps = protocol_of(task).batches(task, Spec("human_numbers", "", batch=batch), 1, "cpu")
    return list(itertools.islice(steps, count))


def fresh(model: Model, rows: int) -> object:
    return model.begin(None, torch.zeros(rows, dtype=torch.long))


def first_epoch() -> list[Step]:
    steps = steps_of("stream", 100)
    return [steps[0], *itertools.takewhile(lambda step: step.carries, steps[1:])]


def carried(model: Model, inputs: list[Tensor]) -> Tensor:
    state, outputs = fresh(model, len(inputs[0])), []
    for piece in inputs:
        found, state = model.decoder(piece, detach(state))
        outputs.append(found)
    return torch.cat(outputs, 1)


@every_trained
def test_an_epoch_with_carried_state_is_one_unbroken_pass_over_each_row(case: Case) -> None:
    model, inputs = case.ready(), [step.inputs for step in first_epoch()]
    rows = torch.cat(inputs, 1)
    assert len(inputs) > 5
    with torch.no_grad():
        whole = model(None, torch.zeros(ROWS, dtype=torch.long), rows)
        assert_close(carried(model, inputs), whole)
        for row in range(ROWS):
            assert_close(carried(model, [piece[row : row + 1] for piece in inputs]), whole[row : row + 1])


@every_trained
def test_windows_are_the_last_position_of_chunks(case: Case) -> None:
    """The same pieces in the same order: the loss of one mode is that of the other at its last position."""
    model = case.ready()
    for chunk, window in zip(*(steps_of(mode, 4, 5, stride=1) for mode in ("chunks", "windows")), strict=True):
        with torch.no_grad():
            losses = NUMBERS.loss(model(None, torch.zeros(5, dtype=torch.long), chunk.inputs), chunk.batch.target)
            outputs = model(None, torch.zeros(5, dtype=torch.long), window.inputs)
        assert_close(masked_mean(NUMBERS.loss(outputs, window.batch.target), window.weight), losses[:, -1].mean())
        assert_close(masked_mean(losses, chunk.weight), losses.mean())


@every_trained
def test_a_window_by_itself_is_scored_as_by_hand_symbol_after_symbol(case: Case) -> None:
    model = case.ready()
    inputs, target, counted = replace(NUMBERS, mode="windows").excerpts(90)
    assert counted.nonzero().flatten().tolist() == [NUMBERS.window - 1]
    with torch.no_grad():
        right, losses = read_and_score(model, NUMBERS, inputs[:6], target[:6])
        for row in range(6):
            state = fresh(model, 1)
            for symbol in inputs[row].tolist():
                outputs, state = model.decoder(torch.tensor([[symbol]]), state)
            chances = outputs[0, 0].softmax(-1)
            assert losses[row, -1].item() == pytest.approx(-chances[target[row, -1]].log().item(), rel=1e-3, abs=1e-4)
            assert right[row, -1].item() == (chances.argmax() == target[row, -1]).item()


@pytest.mark.parametrize("mode", ["chunks", "windows"])
def test_training_on_pieces_begins_each_from_a_fresh_state(mode: str) -> None:
    case = next(case for case in STREAMS if case.model == "gru")
    task = replace(NUMBERS, mode=mode, stride=2)
    spec = Spec("human_numbers", "gru", steps=6, batch=4, warmup=0, schedule="constant", weight_decay=0.0)
    by_loop, by_hand = case.new(), case.new()
    assert train(by_loop, task, spec, 1, "cpu", lambda _: None).steps == 6
    optimizer = torch.optim.AdamW(by_hand.parameters(), lr=spec.learning_rate, weight_decay=0.0)
    for step in itertools.islice(protocol_of(task).batches(task, spec, 1, "cpu"), 6):
        losses = task.loss(by_hand(None, torch.zeros(4, dtype=torch.long), step.inputs), step.batch.target)
        loss = losses.mean() if mode == "chunks" else losses[:, -1].mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(by_hand.parameters(), spec.grad_clip)
        optimizer.step()
    for name, weight in by_hand.state_dict().items():
        assert_close(by_loop.state_dict()[name], weight)


def test_a_text_is_watched_by_its_loss_alone_and_never_stops_early() -> None:
    case = next(case for case in STREAMS if case.model == "gru")
    spec = Spec("human_numbers", "gru", steps=6, batch=2, eval_every=2, patience=1)
    training = train(case.new(), NUMBERS, spec, 1, "cpu", lambda _: None)
    assert [(point.step, point.exact) for point in training.curve] == [(2, None), (4, None), (6, None)]
    assert training.tokens == 6 * 2 * NUMBERS.window
