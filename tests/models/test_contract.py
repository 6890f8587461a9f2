"""Contracts over every registered family: padding, other rows and later symbols change nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from cases import CASES, TRAINED, Case, assert_close, drawn, of_kind
from torch import Tensor

from bench.checks.contracts import check_model
from bench.trial.losses import masked_mean
from models.base import Model, State
from tasks import Batch

every_case = pytest.mark.parametrize("case", CASES, ids=str)
every_trained = pytest.mark.parametrize("case", TRAINED, ids=str)
with_source = pytest.mark.parametrize("case", [case for case in CASES if case.kind != "stream"], ids=str)


def widened(inputs: Tensor, columns: int, filler: float) -> Tensor:
    """Append columns (time is dimension 1) full of one id or value."""
    return torch.cat([inputs, torch.full_like(inputs[:, :1], filler).repeat_interleave(columns, 1)], 1)


def scored(model: Model, batch: Batch, inputs: Tensor) -> Tensor:
    with torch.no_grad():
        return model(batch.source, batch.source_length, inputs)


def test_every_model_suits_some_kind_of_task(model_name: str) -> None:
    assert any(case.model == model_name for case in CASES)


@every_case
def test_the_model_keeps_the_harness_contract(case: Case) -> None:
    check_model(case.ready(), case.task, case.model)


@every_case
def test_outputs_are_finite_and_one_score_for_each_symbol_and_step(case: Case) -> None:
    batch, inputs = drawn(case)
    outputs = scored(case.ready(), batch, inputs)
    assert outputs.shape == (*batch.target.shape[:2], case.task.target.size)
    assert outputs.isfinite().all()


@every_case
def test_no_rows_are_no_rows(case: Case) -> None:
    batch, inputs = drawn(case)
    source = None if batch.source is None else batch.source[:0]
    outputs = case.ready()(source, batch.source_length[:0], inputs[:0])
    assert outputs.shape == (0, *inputs.shape[1:2], case.task.target.size)


@with_source
@pytest.mark.parametrize("filler", [0, 3], ids=["pad", "other"])
def test_a_wider_source_changes_nothing_whatever_stands_in_its_padding(case: Case, filler: int) -> None:
    batch, inputs = drawn(case)
    assert batch.source is not None
    model = case.ready()
    wider = scored(model, Batch(widened(batch.source, 4, filler), batch.source_length, inputs, inputs), inputs)
    assert_close(wider, scored(model, batch, inputs))


@pytest.mark.parametrize("case", of_kind("symbols"), ids=str)
def test_ids_in_the_padding_of_the_source_change_nothing(case: Case) -> None:
    batch, inputs = drawn(case)
    assert batch.source is not None
    model = case.ready()
    other = batch.source.masked_fill(batch.source == 0, 4)
    assert not torch.equal(other, batch.source)
    assert_close(scored(model, Batch(other, batch.source_length, inputs, inputs), inputs), scored(model, batch, inputs))


@every_case
def test_a_wider_target_changes_nothing_before_it(case: Case) -> None:
    batch, inputs = drawn(case)
    model = case.ready()
    wider = scored(model, batch, widened(inputs, 3, 0))
    assert_close(wider[:, : inputs.shape[1]], scored(model, batch, inputs))


@every_case
def test_a_row_scored_alone_equals_it_in_the_batch(case: Case) -> None:
    batch, inputs = drawn(case)
    model = case.ready()
    together = scored(model, batch, inputs)
    for row in range(len(inputs)):
        one = slice(row, row + 1)
        source = None if batch.source is None else batch.source[one, : batch.source_length[row]]
        alone = scored(model, Batch(source, batch.source_length[one], inputs[one], inputs[one]), inputs[one])
        assert_close(alone, together[one])


@every_case
def test_reordered_rows_give_reordered_outputs(case: Case) -> None:
    batch, inputs = drawn(case)
    model = case.ready()
    order = torch.tensor([4, 2, 5, 0, 3, 1])
    source = None if batch.source is None else batch.source[order]
    reordered = scored(model, Batch(source, batch.source_length[order], inputs, inputs), inputs[order])
    assert_close(reordered, scored(model, batch, inputs)[order])


@every_case
def test_outputs_are_blind_to_later_target_symbols(case: Case) -> None:
    batch, inputs = drawn(case)
    model = case.ready()
    before = scored(model, batch, inputs)
    for time in range(1, inputs.shape[1]):
        later = inputs.clone()
        later[:, time:] = 3 if case.task.target.discrete else -5.0
        assert_close(scored(model, batch, later)[:, :time], before[:, :time])


def in_pieces(model: Model, state: State, inputs: Tensor, cuts: list[int]) -> Tensor:
    """Run the decoder piece by piece, carrying its state."""
    outputs = []
    for piece in inputs.split(cuts, 1):
        made, state = model.decoder(piece, state)
        outputs.append(made)
    return torch.cat(outputs, 1)


@every_case
@pytest.mark.parametrize("cuts", [lambda time: [1] * time, lambda time: [2, time - 2]], ids=["steps", "chunks"])
def test_stepping_with_carried_state_equals_one_pass(case: Case, cuts: Callable[[int], list[int]]) -> None:
    batch, inputs = drawn(case)
    model = case.ready()
    with torch.no_grad():
        state = model.begin(batch.source, batch.source_length)
        stepped = in_pieces(model, state, inputs, cuts(inputs.shape[1]))
    assert_close(stepped, scored(model, batch, inputs))


def gradients(case: Case) -> dict[str, Tensor | None]:
    """Return each trainable parameter's gradient after one training step's backward pass."""
    batch, inputs = drawn(case)
    model = case.new()
    outputs = model(batch.source, batch.source_length, inputs)
    masked_mean(case.task.loss(outputs, batch.target), batch.target_mask).backward()
    return {name: each.grad for name, each in model.named_parameters() if each.requires_grad}


def is_idle(name: str, case: Case) -> bool:
    """Whether a parameter can have no gradient by design."""
    if case.settings.get("decoder") == "blind" and name.startswith("decoder.stack.layers.0."):
        return "weight_ih" in name or name.endswith("input.weight")  # it meets zeros only
    return name.endswith("key.bias")  # it shifts all scores of a query alike, which softmax ignores


@every_trained
def test_gradient_reaches_every_parameter(case: Case) -> None:
    without = {name for name, gradient in gradients(case).items() if gradient is None or not gradient.any()}
    assert {name for name in without if not is_idle(name, case)} == set()


def learns_one_batch(case: Case, most: int) -> bool:
    """Train on one fixed batch of 8 until the loss is a fifth of what it was, for so many steps at most."""
    batch, inputs = drawn(case, 8)
    model = case.new()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    goal = 0.0
    for step in range(most):
        outputs = model(batch.source, batch.source_length, inputs)
        loss = masked_mean(case.task.loss(outputs, batch.target), batch.target_mask)
        goal = goal if step else loss.item() / 5
        if loss.item() < goal:
            return True
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return False


@pytest.mark.slow
@every_trained
def test_one_fixed_batch_can_be_learnt(case: Case) -> None:
    assert learns_one_batch(case, 250)


def test_the_small_batch_has_rows_of_different_lengths() -> None:
    batch, _ = drawn(of_kind("symbols")[0])
    assert len(set(batch.source_length.tolist())) > 2
