"""The ridge baseline: what it predicts is known exactly."""

from __future__ import annotations

import pytest
import torch

from bench.spec.spec import Spec
from bench.trial.batches import draw
from bench.trial.decode import free_running
from bench.trial.protocols import protocol_of
from bench.trial.streams import stream
from bench.trial.train import fit
from models import build
from models.base import Model
from tasks import Task
from tasks.signals.sine import Sine


def fitted(name: str, task: Task, fits: int = 200, **settings: int) -> Model:
    model = build(name, task.source, task.target, **settings)
    training = fit(model, task, Spec(task.name, name, fits=fits), 1, "cpu")
    assert (training.status, training.steps) == ("fitted", 0)
    return model


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
