"""Language models: state carried along a text, lanes, the Transformer's window, scoring line by line."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
import torch
from cases import SMALL_TASKS, TRAINED, WINDOW, Case, assert_close, of_kind
from torch import Tensor

from bench.spec.spec import Spec
from bench.trial.losses import masked_mean
from bench.trial.protocols import protocol_of
from bench.trial.train import train
from models.base import Model, State, detach
from tasks.base import BOS

TASK = SMALL_TASKS["stream"]
CASES = of_kind("stream")
every_case = pytest.mark.parametrize("case", CASES, ids=str)
every_trained = pytest.mark.parametrize("case", of_kind("stream", TRAINED), ids=str)
windowed = pytest.mark.parametrize("case", [case for case in CASES if case.model == "transformer"], ids=str)
LAYERS = 2  # of the Transformer, by default


def text_inputs(lanes: int, time: int) -> Tensor:
    """Return pieces of the text (lanes, time)."""
    return TASK.stream(60)[: lanes * time].view(lanes, time)


def fresh(model: Model, lanes: int) -> State:
    return model.begin(None, torch.zeros(lanes, dtype=torch.long))


def read(model: Model, inputs: Tensor, pieces: int) -> Tensor:
    """Read a text piece by piece with a carried, detached state."""
    state, outputs = fresh(model, len(inputs)), []
    with torch.no_grad():
        for piece in inputs.split(pieces, 1):
            made, state = model.decoder(piece, detach(state))
            outputs.append(made)
    return torch.cat(outputs, 1)


@every_case
@pytest.mark.parametrize("pieces", [1, 3, 8, 24])
def test_reading_in_pieces_with_carried_state_equals_one_unbroken_pass(case: Case, pieces: int) -> None:
    model, inputs = case.ready(), text_inputs(4, 24)
    assert_close(read(model, inputs, pieces), read(model, inputs, 100))


@every_case
def test_a_lane_among_others_equals_it_alone(case: Case) -> None:
    model, inputs = case.ready(), text_inputs(4, 24)
    together = read(model, inputs, 8)
    for lane in range(4):
        assert_close(read(model, inputs[lane : lane + 1], 8), together[lane : lane + 1])


@every_trained
def test_a_carried_state_matters(case: Case) -> None:
    model, inputs = case.ready(), text_inputs(4, 16)
    carried = read(model, inputs, 8)[:, 8:]
    assert (carried - read(model, inputs[:, 8:], 8)).abs().max() > 1e-3


@windowed
@pytest.mark.parametrize("pieces", [1, 5, 100])
def test_the_transformer_forgets_what_lies_further_back_than_its_layers_windows(case: Case, pieces: int) -> None:
    model, inputs = case.ready(), text_inputs(3, 20)
    other = inputs.clone()
    other[:, 0] = torch.where(inputs[:, 0] == 3, 4, 3)
    differs = (read(model, inputs, pieces) - read(model, other, pieces)).abs().amax((0, 2)) > 1e-6
    reach = LAYERS * WINDOW
    assert differs[: reach + 1].all()
    assert not differs[reach + 1 :].any()


@windowed
def test_the_transformer_carries_only_its_window(case: Case) -> None:
    model, state = case.ready(), fresh(case.ready(), 3)
    for _ in range(5):
        _, state = model.decoder(text_inputs(3, 3), state)
    assert [part.shape[2] for layer in state.read for part in layer] == [WINDOW] * 2 * LAYERS


@every_case
def test_scores_do_not_depend_on_how_much_is_read_at_once(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    model, scores = case.ready(), []
    for chunk in (1000, 7, 64):
        monkeypatch.setattr("bench.trial.protocols.text.CHUNK", chunk)
        scores.append(protocol_of(TASK).score(model, TASK, 90, 0, "cpu"))
    first = scores[0]
    for score in scores[1:]:
        assert score.nats == pytest.approx(first.nats, rel=1e-6)  # the order of sums alone differs
        assert replace(score, nats=first.nats) == first


class Scripted(torch.nn.Module):
    """Predicts a text right but for the symbols at some places."""

    def __init__(self, text: Tensor, wrong: set[int]) -> None:
        super().__init__()
        self.answers = text.clone()
        self.answers[list(wrong)] = 0
        self.heard: list[int] = []

    def begin(self, source: None, source_length: Tensor) -> tuple[()]:
        return ()

    def decoder(self, inputs: Tensor, state: tuple[()]) -> tuple[Tensor, tuple[()]]:
        first = len(self.heard)
        self.heard += inputs[0].tolist()
        answers = self.answers[None, first : len(self.heard)]
        return torch.nn.functional.one_hot(answers, TASK.target.size).float(), state


def test_a_line_is_right_when_all_its_symbols_and_its_separator_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.trial.protocols.text.CHUNK", 10)
    text = TASK.stream(60)
    first_separator, last = text.tolist().index(TASK.separator), len(text) - 1
    model = Scripted(text, {first_separator, 10, 11, last})  # four places on three lines
    lines = TASK.text(text.tolist()).split(" . ")
    at, broken = 0, set()
    for number, line in enumerate(lines):
        end = at + len(line.split()) + 1
        broken |= {number for place in (first_separator, 10, 11, last) if at <= place < end}
        at = end
    score = protocol_of(TASK).score(model, TASK, 60, 0, "cpu")
    assert model.heard == [BOS, *text.tolist()[:-1]]
    assert (score.examples, score.right) == (60, 60 - len(broken))
    assert (score.tokens, score.tokens_right) == (len(text), len(text) - 4)
    assert not score.unseen
    assert protocol_of(TASK).score(Scripted(TASK.stream(90), set()), TASK, 90, 0, "cpu").unseen


@pytest.mark.parametrize("case", [case for case in CASES if case.model == "gru"], ids=str)
def test_training_carries_its_state_detached_from_window_to_window(case: Case) -> None:
    spec = Spec("human_numbers", case.model, steps=9, batch=3, warmup=0, schedule="constant", weight_decay=0.0)
    by_loop = case.new()
    train(by_loop, TASK, spec, 1, "cpu", lambda look: None)
    by_hand = case.new()
    optimizer = torch.optim.AdamW(by_hand.parameters(), lr=spec.learning_rate, weight_decay=0.0)
    state, began = None, 0
    for step in itertools.islice(protocol_of(TASK).batches(TASK, spec, 1, "cpu"), 9):
        began += not step.carries
        state = tuple(part.data.clone() for part in state) if step.carries else fresh(by_hand, 3).layers
        outputs, after = by_hand.decoder(step.inputs, fresh(by_hand, 3)._replace(layers=state))
        state = after.layers
        optimizer.zero_grad()
        masked_mean(TASK.loss(outputs, step.batch.target), step.weight).backward()
        torch.nn.utils.clip_grad_norm_(by_hand.parameters(), spec.grad_clip)
        optimizer.step()
    assert began == 2
    for name, weight in by_hand.state_dict().items():
        assert_close(by_loop.state_dict()[name], weight)
