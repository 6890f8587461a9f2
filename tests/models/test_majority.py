"""The majority baseline: what it predicts is known exactly."""

from __future__ import annotations

from collections import Counter

import torch
from torch import Tensor

from bench.spec.spec import Spec
from bench.trial.evaluation_sets import evaluation_set
from bench.trial.protocols import protocol_of
from bench.trial.train import fit
from models import build
from models.base import Model
from tasks import Task
from tasks.base import before
from tasks.strings.copy import Copy
from tasks.strings.variable_copy import VariableCopy
from tasks.text.human_numbers import HumanNumbers

STRINGS = VariableCopy(symbols=3, train_lengths=(2, 3, 5), eval_lengths=(5,))


def fitted(name: str, task: Task, fits: int = 200, **settings: int) -> Model:
    model = build(name, task.source, task.target, **settings)
    training = fit(model, task, Spec(task.name, name, fits=fits), 1, "cpu")
    assert (training.status, training.steps) == ("fitted", 0)
    return model


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
