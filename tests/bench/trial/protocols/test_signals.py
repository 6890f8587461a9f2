"""Signals are scored by their free-running continuation, at the precision that is asked for."""

from __future__ import annotations

import re

import pytest
import torch

from bench.trial.batches import draw
from bench.trial.build import build_model
from bench.trial.protocols.signals import Signals
from bench.trial.streams import stream
from models import build
from tasks.signals.sine import Sine


def test_values_are_scored_by_their_free_running_continuation() -> None:
    task = Sine(prefix=12, train_lengths=(10,), eval_lengths=(10,))
    model = build("gru", task.source, task.target, hidden=8).eval()
    batch = draw(task, 5, stream("cpu", "generation"))
    with torch.no_grad():
        score = Signals().score_batch(model, task, batch, True, "cpu")
        state = model.begin(batch.source, batch.source_length)
        assert batch.source is not None
        value, squares = batch.source[:, -1:], []
        for time in range(10):
            value, state = model.decoder(value, state)
            squares.append(((value[:, 0, 0] - batch.target[:, time, 0]) ** 2 / 0.5).mean().item())
    assert score.nrmse == pytest.approx((sum(squares) / 10) ** 0.5, rel=1e-4)
    assert score.tokens == 50
    assert score.next_step_nrmse != pytest.approx(score.nrmse, rel=1e-3)


def test_what_is_decoded_is_what_is_scored() -> None:
    task = Sine(prefix=12, train_lengths=(10,), eval_lengths=(10, 20))
    model = build("gru", task.source, task.target, hidden=8)
    answers = Signals().answers(model, task, 20, 3, "cpu")
    written, truth = (torch.stack([getattr(answer, name) for answer in answers]) for name in ("written", "truth"))
    nrmse = task.loss(written, truth).mean().sqrt().item()
    assert Signals().score(model, task, 20, 3, "cpu").nrmse == pytest.approx(nrmse, rel=1e-5)


def test_a_sines_error_is_relative_to_its_standard_deviation() -> None:
    task = Sine(weights=(4.0,))
    target = torch.zeros(1, 3, 1)
    wrong = torch.full_like(target, 0.05 * 4 / 2**0.5)
    assert task.loss(wrong, target).tolist() == [pytest.approx([0.05**2] * 3)]
    assert task.correct(wrong * 0.99, target).all()
    assert not task.correct(wrong * 1.01, target).any()


@pytest.mark.parametrize(("precision", "dtype"), [("float32", torch.float32), ("float64", torch.float64)])
def test_values_and_their_models_have_the_precision_asked_for(precision: str, dtype: torch.dtype) -> None:
    task = Sine(prefix=6, train_lengths=(5,), eval_lengths=(5,), precision=precision)
    batch = task.sample(torch.tensor([5, 5]), 5, torch.Generator().manual_seed(0))
    assert batch.source is not None
    model = build_model("gru", task, {"hidden": 4})
    outputs = model(batch.source, batch.source_length, batch.target)
    assert batch.source.dtype == batch.target.dtype == outputs.dtype == dtype


def test_both_precisions_draw_the_same_signal() -> None:
    def signal(precision: str) -> torch.Tensor:
        task = Sine(noise=0.1, spread=0.2, precision=precision)
        drawn = task.sample(torch.tensor([5] * 4), 5, torch.Generator().manual_seed(1))
        assert drawn.source is not None
        return torch.cat([drawn.source, drawn.target], 1).double()

    torch.testing.assert_close(signal("float32"), signal("float64"), atol=1e-6, rtol=0)


def test_a_wrong_precision_is_named() -> None:
    with pytest.raises(ValueError, match=re.escape("unknown precision 'float16'; choose from: float32, float64")):
        Sine(precision="float16")
