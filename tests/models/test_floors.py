"""The floors: what they predict is known exactly."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from torch import Tensor

from bench.spec.spec import Spec
from bench.trial.batches import draw
from bench.trial.decode import free_running
from bench.trial.evaluation_sets import evaluation_set
from bench.trial.losses import shift_right
from bench.trial.protocols import protocol_of
from bench.trial.streams import stream
from bench.trial.train import fit
from models import build
from models.base import Model
from tasks import Batch, Task
from tasks.base import before
from tasks.signals.sine import Sine
from tasks.strings.copy import Copy
from tasks.strings.variable_copy import VariableCopy
from tasks.text.human_numbers import HumanNumbers

STRINGS = VariableCopy(symbols=3, train_lengths=(2, 3, 5), eval_lengths=(5,))


def fitted(name: str, task: Task, fits: int = 200, **settings: int) -> Model:
    model = build(name, task.source, task.target, **settings)
    training = fit(model, task, Spec(task.name, name, fits=fits), 1, "cpu")
    assert (training.status, training.steps) == ("fitted", 0)
    return model


def predicted(model: Model, task: Task, batch: Batch) -> Tensor:
    return model(batch.source, batch.source_length, shift_right(batch.target, task.first_input(batch))).argmax(-1)


def strings(rows: list[list[int]], width: int) -> tuple[Tensor, Tensor]:
    """Return padded rows and their lengths."""
    padded = [row + [0] * (width - len(row)) for row in rows]
    return torch.tensor(padded), torch.tensor(list(map(len, rows)))


def test_majority_predicts_the_most_frequent_real_symbol() -> None:
    model = build("majority", STRINGS.source, STRINGS.target)
    target, length = strings([[3, 4, 2], [4, 4, 5, 2], [3, 3, 5, 4, 4, 2]], 30)  # five 4s, more padding than that
    model.fit(None, length, target, before(length, 30))
    outputs, state = model.decoder(torch.full((2, 7), 3), model.begin(None, length))
    assert outputs.shape == (2, 7, STRINGS.target.size)
    assert outputs.argmax(-1).eq(4).all()
    assert state == ()


def test_majority_of_a_text_is_its_most_frequent_word() -> None:
    task = HumanNumbers()
    model = fitted("majority", task)
    common = Counter(task.stream(7999).tolist()).most_common(1)[0][0]
    assert model.decoder(torch.zeros(1, 1), ())[0].argmax().item() == common


def test_majority_is_right_as_often_as_its_symbol_occurs() -> None:
    task = Copy(symbols=2, train_lengths=(6,), eval_lengths=(6,))
    model = fitted("majority", task)
    symbol = int(model.decoder(torch.zeros(1, 1), ())[0].argmax())
    occurs = int((evaluation_set(task, 6, 16).batch.target == symbol).sum())
    score = protocol_of(task).score(model, task, 6, 16, "cpu")
    assert 0 < score.tokens_right == occurs < score.tokens


def test_neighbour_returns_the_stored_answer_for_a_training_string() -> None:
    model = fitted("neighbour", STRINGS)
    stored = protocol_of(STRINGS).fitting_batch(STRINGS, Spec("variable_copy", "neighbour", fits=200), 1, "cpu").batch
    right = predicted(model, STRINGS, stored) == stored.target
    assert right[stored.target_mask].all()


def test_neighbour_answers_with_the_string_at_the_smallest_hamming_distance() -> None:
    model = build("neighbour", STRINGS.source, STRINGS.target)
    source, length = strings([[3, 3, 3, 3], [4, 4, 4], [5, 4, 5, 4], [3, 3, 3]], 4)
    answers, answer_length = strings([[3, 2], [4, 3, 2], [5, 2], [5, 3, 2]], 3)
    model.fit(source, length, answers, before(answer_length, 3))
    asked, asked_length = strings([[3, 5, 3, 3], [4, 4, 3], [5, 4, 4, 4, 5], [5, 3, 3]], 5)
    batch = Batch(asked, asked_length, torch.zeros(4, 4, dtype=torch.long), asked_length)
    assert predicted(model, STRINGS, batch).tolist() == [[3, 2, 0, 0], [4, 3, 2, 0], [5, 2, 0, 0], [5, 3, 2, 0]]


def test_neighbour_never_copies_a_longer_string_than_it_saw() -> None:
    task = VariableCopy(symbols=3, train_lengths=(5,), eval_lengths=(8,))
    assert protocol_of(task).score(fitted("neighbour", task), task, 8, 32, "cpu").right == 0


@pytest.mark.parametrize(
    ("settings", "lags"), [({}, 2), ({}, 8), ({"frequencies": (1.0, 2.3), "weights": (1.0, 0.5)}, 4)]
)
def test_ridge_is_exact_on_noiseless_sines_far_beyond_training(
    settings: dict[str, tuple[float, ...]], lags: int
) -> None:
    task = Sine(prefix=12, train_lengths=(20,), eval_lengths=(200,), **settings)
    score = protocol_of(task).score(fitted("ridge", task, lags=lags), task, 200, 8, "cpu")
    assert score.right == score.examples == 8
    assert score.nrmse is not None
    assert score.nrmse < 0.01


def test_ridge_finds_the_recurrence_of_a_sine() -> None:
    task = Sine(prefix=12, train_lengths=(20,))
    first, second = fitted("ridge", task, lags=2).regression.coef_
    assert first == pytest.approx(-1, abs=1e-3)
    assert second == pytest.approx(2 * torch.cos(torch.tensor(2 * torch.pi * 0.1)).item(), abs=1e-3)


def test_ridge_with_one_lag_cannot_follow_a_sine() -> None:
    task = Sine(prefix=12, train_lengths=(20,), eval_lengths=(20,))
    assert protocol_of(task).score(fitted("ridge", task, lags=1), task, 20, 8, "cpu").right == 0


def test_ridge_leaves_out_what_the_mask_hides() -> None:
    task = Sine(prefix=12, train_lengths=(20,))
    batch = draw(task, 50, stream("cpu", "ridge"))
    mask = batch.target_mask.clone()
    mask[:, 10:] = False
    spoilt = batch.target.masked_fill(~mask[..., None], 100.0)
    model = build("ridge", task.source, task.target, lags=2)
    model.fit(batch.source, batch.source_length, spoilt, mask)
    assert model.regression.coef_[0] == pytest.approx(-1, abs=1e-3)


def test_ridge_refuses_a_prefix_shorter_than_its_lags() -> None:
    task = Sine(prefix=5, train_lengths=(20,))
    with pytest.raises(ValueError, match="ridge with 8 lags needs as long a prefix; got 5"):
        free_running(fitted("ridge", task), task, draw(task, 2, stream("cpu", "ridge")), 3)
