"""The masked mean, the decoder's inputs, and that training pulls at no padding."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from bench.spec.spec import Spec
from bench.trial.batches import Step
from bench.trial.losses import masked_mean, shift_right
from bench.trial.protocols import protocol_of
from models import build
from tasks.base import before
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
    return task, next(protocol_of(task).batches(task, Spec("variable_copy", "gru", batch=64, **changes), 1, "cpu"))


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
