"""Penalties against losses written out."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from cases import SMALL_TASKS, assert_close, inputs_of
from torch import Tensor

from bench.checks.contracts import small_batch
from models import build
from models.base import Model
from models.layers.activity import penalise_activity, penalise_change
from tasks import Task

BATCH, TIME, WIDTH, HIDDEN = 4, 7, 5, 6


SYMBOLS, VALUES, TEXT = (SMALL_TASKS[kind] for kind in ("symbols", "values", "stream"))


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def built(name: str, task: Task, **settings: Any) -> Model:
    torch.manual_seed(0)
    return build(name, task.source, task.target, **settings)


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
