"""The nearest neighbour baseline: what it predicts is known exactly."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.spec.spec import Spec
from bench.trial.losses import shift_right
from bench.trial.protocols import protocol_of
from bench.trial.train import fit
from models import build
from models.base import Model
from tasks import Batch, Task
from tasks.base import before
from tasks.strings.variable_copy import VariableCopy

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
