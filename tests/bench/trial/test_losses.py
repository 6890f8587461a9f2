"""The masked mean, the decoder's inputs, and that padding counts nowhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from cases import CASES, Case, drawn, inputs_of
from torch import Tensor

from bench.checks.contracts import small_batch
from bench.spec.spec import Spec
from bench.trial import evaluate
from bench.trial.batches import Step, training_feed
from bench.trial.evaluate import share_right
from bench.trial.losses import masked_mean, shift_right
from models import build
from tasks import Batch
from tasks.base import before
from tasks.signals.sine import Sine
from tasks.strings.variable_copy import VariableCopy

MASK = before(torch.tensor([1, 4, 2]), 4)


def values() -> Tensor:
    return torch.randn(3, 4, generator=torch.Generator().manual_seed(0))


def test_masked_mean_is_the_mean_of_real_values() -> None:
    real = [value for row, length in zip(values().tolist(), (1, 4, 2), strict=True) for value in row[:length]]
    assert masked_mean(values(), MASK).item() == pytest.approx(sum(real) / 7)


@pytest.mark.parametrize("filler", [0.0, 1e9, torch.inf, torch.nan])
def test_padding_neither_adds_nor_dilutes(filler: float) -> None:
    expected = masked_mean(values(), MASK)
    assert masked_mean(values().masked_fill(~MASK, filler), MASK) == expected
    assert masked_mean(F.pad(values(), (0, 5), value=filler), F.pad(MASK, (0, 5))) == pytest.approx(expected)


def test_masked_mean_sends_no_gradient_to_padding() -> None:
    leaf = values().masked_fill(~MASK, torch.inf).requires_grad_()
    masked_mean(leaf, MASK).backward()
    assert leaf.grad is not None
    assert torch.equal(leaf.grad, MASK / 7)


def test_masked_mean_of_nothing_is_zero() -> None:
    leaf = values().requires_grad_()
    nothing = masked_mean(leaf, torch.zeros_like(MASK))
    nothing.backward()
    assert nothing == 0
    assert leaf.grad is not None
    assert not leaf.grad.any()


def test_shift_right_puts_the_first_input_before_all_but_the_last_symbol() -> None:
    assert shift_right(torch.tensor([[5, 6, 2], [7, 2, 0]]), torch.tensor([1, 1])).tolist() == [[1, 5, 6], [1, 7, 2]]


def test_shift_right_takes_vectors_too() -> None:
    target = torch.arange(12.0).view(2, 3, 2)
    shifted = shift_right(target, torch.full((2, 2), -1.0))
    assert shifted.shape == target.shape
    assert shifted[:, 0].eq(-1).all()
    assert torch.equal(shifted[:, 1:], target[:, :-1])


def first_step(**changes: object) -> tuple[VariableCopy, Step]:
    task = VariableCopy(symbols=3, train_lengths=(1, 3, 6))
    return task, next(training_feed(task, Spec("variable_copy", "gru", batch=64, **changes), 1, "cpu"))


def output_gradient(task: VariableCopy, step: Step) -> Tensor:
    """Return which outputs (batch, time) the loss of a training step pulls at."""
    torch.manual_seed(0)
    model = build("gru", task.source, task.target, hidden=8)
    outputs = model(step.batch.source, step.batch.source_length, step.inputs)
    outputs.retain_grad()
    masked_mean(task.loss(outputs, step.batch.target), step.weight).backward()
    return outputs.grad.ne(0).any(-1)


def test_a_training_step_pulls_at_every_real_position_and_at_no_padding() -> None:
    task, step = first_step()
    assert torch.equal(output_gradient(task, step), step.weight)
    trained = step.weight.any(1)
    assert torch.equal(step.weight[trained], step.batch.target_mask[trained])
    assert not step.batch.target_mask.all()
    assert not trained.all()  # held-out strings pull at nothing


def test_without_the_loss_mask_padding_of_trained_rows_pulls_too() -> None:
    task, step = first_step(loss_mask=False)
    trained = step.weight.any(1)
    assert step.weight[trained].all()
    assert torch.equal(output_gradient(task, step), step.weight)
    assert torch.equal(trained, first_step()[1].weight.any(1))


def widened(batch: Batch, columns: int) -> Batch:
    """Append columns of padding to source and target."""
    assert batch.source is not None
    source, target = F.pad(batch.source, (0, columns)), F.pad(batch.target, (0, columns))
    return Batch(source, batch.source_length, target, batch.target_length)


SYMBOL_CASES = [case for case in CASES if case.kind == "symbols" and "decoder" not in case.settings]


@pytest.mark.parametrize("case", SYMBOL_CASES, ids=str)
def test_scores_are_unchanged_by_columns_of_padding(case: Case) -> None:
    model, batch = case.ready(), small_batch(case.task, 40)
    with torch.no_grad():
        scores = [evaluate.score_symbols(model, case.task, widened(batch, more), True, "cpu") for more in (0, 1, 9)]
    assert scores[0] == scores[1] == scores[2]
    assert scores[0].tokens == int(batch.target_length.sum())


def test_tokens_right_and_examples_right_are_counted_as_by_hand() -> None:
    case = next(case for case in SYMBOL_CASES if case.model == "neighbour")
    model, batch = case.ready(), small_batch(case.task, 40)
    chosen = model(batch.source, batch.source_length, inputs_of(case.task, batch)).argmax(-1).tolist()
    right = [
        [guess == symbol for guess, symbol in zip(guesses[:length], row[:length], strict=True)]
        for guesses, row, length in zip(chosen, batch.target.tolist(), batch.target_length.tolist(), strict=True)
    ]
    score = evaluate.score_symbols(model, case.task, batch, True, "cpu")
    assert score.right == sum(map(all, right))
    assert score.tokens_right == sum(map(sum, right))
    assert 0 < score.right < score.examples == 40


class Scripted(torch.nn.Module):
    """Answers with fixed symbols, whatever it reads; where it may not stop, with its second choices."""

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


def test_stopping_wrong_is_told_from_wrong_content() -> None:
    target = torch.tensor([[3, 4, 2, 0]] * len(ANSWERS))
    first, second = ([[*answer[i], 5] for answer in ANSWERS.values()] for i in (0, 1))  # behind the end nothing counts
    length = torch.full((len(ANSWERS),), 3)
    batch = Batch(target[:, :2], length - 1, target, length)
    score = evaluate.score_symbols(Scripted(first, second), VariableCopy(symbols=3), batch, True, "cpu")
    assert (score.right, score.stopped_wrong) == (1, sum(stopped for _, _, stopped in ANSWERS.values()))
    assert (score.tokens_right, score.tokens) == (3 + 2 + 2 + 2 + 2 + 1 + 1, 3 * len(ANSWERS))


@pytest.mark.parametrize("name", ["symbols", "values"])
def test_scores_do_not_depend_on_how_many_rows_are_scored_at_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = next(case for case in CASES if (case.model, case.kind) == ("gru", name))
    model, batch = case.ready(), small_batch(case.task, 10)
    score = evaluate.score_symbols if name == "symbols" else evaluate.score_values
    with torch.no_grad():
        at_once = score(model, case.task, batch, True, "cpu")
        monkeypatch.setattr(evaluate, "ROWS", 3)
        in_parts = score(model, case.task, batch, True, "cpu")
    assert (in_parts.nrmse or 0) == pytest.approx(at_once.nrmse or 0, rel=1e-5)
    assert replace(in_parts, nrmse=None, next_step_nrmse=None) == replace(at_once, nrmse=None, next_step_nrmse=None)


def test_a_sines_error_is_relative_to_its_standard_deviation() -> None:
    task = Sine(weights=(4.0,))
    target = torch.zeros(1, 3, 1)
    wrong = torch.full_like(target, 0.05 * 4 / 2**0.5)
    assert task.loss(wrong, target).tolist() == [pytest.approx([0.05**2] * 3)]
    assert task.correct(wrong * 0.99, target).all()
    assert not task.correct(wrong * 1.01, target).any()


def test_validation_leaves_the_model_training() -> None:
    case = next(case for case in SYMBOL_CASES if case.model == "gru")
    model = case.new()
    share_right(model, case.task, drawn(case)[0], "cpu")
    assert model.training
