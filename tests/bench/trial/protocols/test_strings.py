"""Strings are scored by exact match: counted as by hand, padding and batches no matter, an empty target never right."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from cases import CASES, Case, inputs_of, of_kind
from torch import Tensor

from bench.checks.contracts import small_batch
from bench.trial import batches
from bench.trial.evaluation_sets import evaluation_set
from bench.trial.metrics import Score
from bench.trial.protocols import protocol_of
from bench.trial.protocols.strings import Strings
from models import adapted, build
from models.base import Model
from tasks import Batch, Task
from tasks.strings.copy import Copy
from tasks.strings.variable_copy import VariableCopy

SYMBOL_CASES = [case for case in of_kind("symbols") if "decoder" not in case.settings]
TASK = VariableCopy(symbols=3)


def scored(model: Model, task: Task, batch: Batch) -> Score:
    with torch.no_grad():
        return Strings().score_batch(model, task, batch, True, "cpu")


def case_of(model: str, kind: str = "symbols") -> Case:
    return next(case for case in CASES if (case.model, case.kind) == (model, kind))


def widened(batch: Batch, columns: int) -> Batch:
    """Append columns of padding to source and target."""
    assert batch.source is not None
    source, target = F.pad(batch.source, (0, columns)), F.pad(batch.target, (0, columns))
    return Batch(source, batch.source_length, target, batch.target_length)


@pytest.mark.parametrize("case", SYMBOL_CASES, ids=str)
def test_scores_are_unchanged_by_columns_of_padding(case: Case) -> None:
    model, batch = case.ready(), small_batch(case.task, 40)
    scores = [scored(model, case.task, widened(batch, more)) for more in (0, 1, 9)]
    assert scores[0] == scores[1] == scores[2]
    assert scores[0].tokens == int(batch.target_length.sum())


def test_tokens_right_and_examples_right_are_counted_as_by_hand() -> None:
    case = case_of("neighbour")
    model, batch = case.ready(), small_batch(case.task, 40)
    chosen = model(batch.source, batch.source_length, inputs_of(case.task, batch)).argmax(-1).tolist()
    right = [
        [guess == token for guess, token in zip(guesses[:length], row[:length], strict=True)]
        for guesses, row, length in zip(chosen, batch.target.tolist(), batch.target_length.tolist(), strict=True)
    ]
    score = scored(model, case.task, batch)
    assert score.right == sum(map(all, right))
    assert score.tokens_right == sum(map(sum, right))
    assert 0 < score.right < score.examples == 40


class Scripted(torch.nn.Module):
    """Answers with fixed tokens, whatever it reads; where it may not stop, with its second choices."""

    def __init__(self, first: list[list[int]], second: list[list[int]]) -> None:
        super().__init__()
        self.first, self.second = torch.tensor(first), torch.tensor(second)

    def forward(self, source: Tensor, source_length: Tensor, target_in: Tensor) -> Tensor:
        return 2.0 * F.one_hot(self.first, 6) + F.one_hot(self.second, 6)


ANSWERS = {  # to 3 4 <stop>: what it writes, what it would write where it may not stop, whether only the stop is wrong
    "right": ([3, 4, 2], [5, 5, 5], False),
    "stops early, would go on right": ([3, 2, 2], [5, 4, 5], True),
    "stops early, would go on wrong": ([3, 2, 2], [5, 5, 5], False),
    "stops late": ([3, 4, 5], [5, 5, 5], True),
    "wrong in content": ([5, 4, 2], [3, 5, 5], False),
    "wrong in content, then stops early": ([4, 2, 2], [5, 4, 5], False),
    "stops early, later wrong in content": ([2, 5, 2], [3, 4, 5], False),
}


def answered(target: list[list[int]], length: list[int]) -> Score:
    first, second = ([[*answer[i], 5] for answer in ANSWERS.values()] for i in (0, 1))  # behind the end nothing counts
    truth, ends = torch.tensor(target), torch.tensor(length)
    return scored(adapted(Scripted(first, second)), TASK, Batch(truth[:, :2], torch.full_like(ends, 2), truth, ends))


def test_stopping_wrong_is_told_from_wrong_content() -> None:
    score = answered([[3, 4, 2, 0]] * len(ANSWERS), [3] * len(ANSWERS))
    assert (score.right, score.stopped_wrong) == (1, sum(stopped for _, _, stopped in ANSWERS.values()))
    assert (score.tokens_right, score.tokens) == (3 + 2 + 2 + 2 + 2 + 1 + 1, 3 * len(ANSWERS))


def test_an_empty_target_is_never_right() -> None:
    score = answered([[3, 4, 2, 0]] + [[0, 0, 0, 0]] * (len(ANSWERS) - 1), [3] + [0] * (len(ANSWERS) - 1))
    assert (score.examples, score.right, score.stopped_wrong) == (len(ANSWERS), 1, 0)


def test_errors_by_position_are_the_shares_of_wrong_tokens_in_each_span() -> None:
    case = case_of("gru")
    model, batch = case.ready(), small_batch(case.task, 40)
    with torch.no_grad():
        outputs = model(batch.source, batch.source_length, inputs_of(case.task, batch))
    wrong, score = (outputs.argmax(-1) != batch.target).tolist(), scored(model, case.task, batch)
    for time, found in enumerate(score.errors_at):  # six steps, so that each is a span of its own
        real = [row for row, length in enumerate(batch.target_length.tolist()) if time < length]
        assert found == pytest.approx(sum(wrong[row][time] for row in real) / len(real), rel=1e-3)
    assert len(score.errors_at) == 6


@pytest.mark.parametrize("kind", ["symbols", "values"])
def test_scores_do_not_depend_on_how_many_rows_are_scored_at_once(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = case_of("gru", kind)
    model, batch, protocol = case.ready(), small_batch(case.task, 10), protocol_of(case.task)
    with torch.no_grad():
        at_once = protocol.score_batch(model, case.task, batch, True, "cpu")
        places = batch.target.shape[1] + batch.source.shape[1]
        monkeypatch.setattr(batches, "NUMBERS", dict.fromkeys(batches.NUMBERS, 3 * places * batches.WIDTH))
        assert batches.rows_at_once(model, batch) == 3
        in_parts = protocol.score_batch(model, case.task, batch, True, "cpu")
    for name, value in vars(at_once).items():
        assert getattr(in_parts, name) == (pytest.approx(value, rel=1e-5) if isinstance(value, float) else value)


def test_evaluation_is_in_evaluation_mode_on_the_lengths_own_set() -> None:
    task = Copy(symbols=2, train_lengths=(1, 2, 3, 4), eval_lengths=(6,), stop="once")
    model = build("gru", task.source, task.target, hidden=8, layers=2, dropout=0.9)
    scores = [protocol_of(task).score(model, task, 6, 32, "cpu") for _ in range(2)]
    assert scores[0] == scores[1]
    assert scores[0].examples == len(evaluation_set(task, 6, 32).batch.target)
    assert scores[0].tokens == 7 * scores[0].examples


def test_validation_leaves_the_model_training() -> None:
    case = case_of("gru")
    model = case.new()
    protocol_of(case.task).validate(model, case.task, "cpu")
    assert model.training
