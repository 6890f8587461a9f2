"""The training loop: what it reads, when it stops, what it never does."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import bench.trial.evaluation_sets
import bench.trial.protocols.base
import bench.trial.train
from bench.spec.spec import Spec
from bench.trial.batches import Step, sampled
from bench.trial.build import build_task
from bench.trial.evaluation_sets import validation_set
from bench.trial.train import Clock, Training, ValidationPoint, is_over, train
from bench.trial.trial import data_seed, new_model, run_trial
from models import adapted
from models.base import Model
from tasks.base import Task

SEED = int(os.environ.get("LENGTHWISE_TEST_SEED", "0"))  # no test may hang on one training run's luck
EASY = Spec(
    *("copy", "elman", {"train_lengths": (6, 7), "stop": "once"}, {"hidden": 16}),
    steps=40,
    warmup=5,
    eval_every=2,
)
EXACT = [0.0, 1.0, 1.0, 0.5, 1.0, 1.0, 1.0, 1.0, 0.0]  # validation points, one after the other
LENGTHS = {"symbols": 4, "train_lengths": (1, 2, 3, 4, 5, 6), "eval_lengths": (2, 6, 12)}
SHORT = Spec(
    *("variable_copy", "gru", LENGTHS, {"hidden": 8}), steps=12, batch=8, examples=8, eval_every=4, patience=0, warmup=2
)


def nothing(_: object) -> None: ...


def trained(spec: Spec, seed: int = SEED) -> tuple[Model, Training]:
    task = build_task(spec.task, spec.task_settings)
    model = new_model(task, spec, seed, "cpu")
    return model, train(model, task, spec, data_seed(spec, seed), "cpu", nothing)


def weights(**changes: Any) -> dict[str, Tensor]:
    return dict(trained(replace(SHORT, **changes))[0].state_dict())


@pytest.fixture
def staged(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Model]]:
    """Make the validation points those of EXACT, whatever is learned; gives the models that were validated."""
    seen: list[Model] = []

    def validate(_: object, model: Model, task: Task, device: str) -> float:
        seen.append(model)
        return EXACT[(len(seen) - 1) % len(EXACT)]

    monkeypatch.setattr(bench.trial.protocols.base.Protocol, "validate", validate)
    return seen


@pytest.mark.parametrize(("patience", "points"), [(1, 2), (2, 3), (3, 7), (4, 8), (5, 20), (0, 20)])
def test_training_stops_once_so_many_validation_points_in_a_row_were_exact(
    patience: int, points: int, staged: list[Model]
) -> None:
    told: list[ValidationPoint] = []
    task = build_task(EASY.task, EASY.task_settings)
    spec = replace(EASY, patience=patience)
    training = train(new_model(task, spec, SEED, "cpu"), task, spec, SEED, "cpu", told.append)
    assert training.steps == points * EASY.eval_every <= EASY.steps
    assert [point.exact for point in told] == [EXACT[index % len(EXACT)] for index in range(points)]
    assert told == training.curve


def test_nothing_stops_early_without_patience_and_a_text_never_does() -> None:
    exact, unknown = ([ValidationPoint(step, 0.1, value, 0.0) for step in range(1, 6)] for value in (1.0, None))
    assert is_over(exact, 5)
    assert not is_over(exact, 6)
    assert not is_over(exact, 0)
    assert not is_over(unknown, 1)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["gru", "transformer"])
def test_a_few_strings_are_learned_by_heart(model: str) -> None:
    """There are four strings to learn: two symbols, two places. Every seed and processor gets there, and far below."""
    settings = {"symbols": 2, "train_lengths": (2,), "eval_lengths": (2,)}
    spec = Spec("copy", model, settings, {"hidden": 32}, steps=200, warmup=10, learning_rate=5e-3, patience=0)
    _, training = trained(spec)
    assert training.curve[0].loss > 5 * training.curve[-1].loss


def test_training_never_reads_an_evaluation_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("training read an evaluation set")

    for module in (bench.trial.evaluation_sets, bench.trial.protocols.base):
        monkeypatch.setattr(module, "evaluation_set", refuse)
    assert len(trained(replace(EASY, eval_every=20))[1].curve) == 2


def test_validation_strings_have_training_lengths_only() -> None:
    task = build_task("variable_copy", {})
    assert set(validation_set(task, 256).source_length.tolist()) == set(task.train_lengths)


def test_gradients_are_clipped(monkeypatch: pytest.MonkeyPatch) -> None:
    norms: list[float] = []
    original = torch.optim.AdamW.step

    def watch(optimizer: torch.optim.AdamW) -> None:
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        norms.append(float(torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in gradients]))))
        original(optimizer)

    monkeypatch.setattr(torch.optim.AdamW, "step", watch)
    trained(replace(EASY, steps=5, grad_clip=0.01))
    assert len(norms) == 5
    assert max(norms) <= 0.01 * 1.001


@pytest.mark.parametrize("loss_mask", [True, False])
def test_padding_weighs_in_the_loss_only_in_the_ablation(loss_mask: bool) -> None:
    task = build_task("variable_copy", {})
    step = next(sampled(task, replace(EASY, loss_mask=loss_mask), SEED, "cpu"))
    assert bool((step.weight & ~step.batch.target_mask).any()) is not loss_mask


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEED, SEED + 5))
@pytest.mark.parametrize("model", ["linear_rnn", "elman", "gru"])
def test_sine_training_stays_finite_for_all_seeds(model: str, seed: int) -> None:
    spec = Spec("sine", model, {}, {"hidden": 4}, steps=60, batch=16, learning_rate=1e-2, patience=0, eval_every=20)
    _, training = trained(spec, seed)
    assert training.status == "trained"
    assert all(math.isfinite(point.loss) for point in training.curve)
    assert training.curve[-1].loss < training.curve[0].loss


class Broken(nn.Module):
    """Scores everything as no number."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def forward(self, source: Tensor, source_length: Tensor, target_in: Tensor) -> Tensor:
        return (self.weight / 0 * 0).expand(*target_in.shape, 8)


def test_a_loss_that_is_not_a_number_ends_training_as_diverged() -> None:
    task = build_task("copy", {"symbols": 5})
    training = train(adapted(Broken()), task, EASY, 0, "cpu", nothing)
    assert training.status == "diverged"
    assert training.steps == EASY.eval_every
    assert math.isnan(training.curve[-1].loss)


def test_the_same_seed_trains_the_same_weights_and_another_does_not() -> None:
    spec = replace(EASY, steps=10)
    first, again, other = (trained(spec, seed)[0].state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_averaged_weights_are_the_exponential_average_of_those_at_each_step() -> None:
    decay, steps = 0.6, 5
    passed = [weights(steps=number, schedule="constant") for number in range(1, steps + 1)]
    for name, found in weights(steps=steps, schedule="constant", ema=decay).items():
        expected = passed[0][name]
        for one in passed[1:]:
            expected = decay * expected + (1 - decay) * one[name]
        torch.testing.assert_close(found, expected)


def test_an_average_is_what_is_validated(staged: list[Model]) -> None:
    model, _ = trained(replace(SHORT, ema=0.9))
    assert staged
    assert all(each is not model for each in staged)
    for name, weight in staged[-1].state_dict().items():
        assert torch.equal(weight, model.state_dict()[name])


def test_the_rate_follows_the_clock_where_seconds_run_out_first() -> None:
    slow = Clock(replace(SHORT, steps=1000, seconds=10.0), started=0.0)
    slow.stopped_for = slow.seconds  # as if no time had passed
    assert slow.position(5) == 5
    slow.stopped_for -= 5
    assert 480 <= slow.position(5) <= 520
    slow.stopped_for -= 100
    assert slow.position(5) == 1000


def test_without_a_limit_the_rate_follows_the_steps() -> None:
    assert Clock(replace(SHORT, steps=1000), started=-1e6).position(7) == 7


def test_training_ends_when_its_seconds_are_over() -> None:
    asked = replace(SHORT, steps=100_000, seconds=0.3, eval_every=100_000)
    training = trained(asked)[1]
    assert 1 <= training.steps < 100_000
    assert training.curve[-1].step == training.steps


def test_lbfgs_takes_only_the_first_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Step] = []

    def batches(_: object, task: Task, asked: Spec, seed: int, device: str) -> Iterator[Step]:
        for step in sampled(task, asked, seed, device):
            taken.append(step)
            yield step

    monkeypatch.setattr(bench.trial.protocols.base.Protocol, "batches", batches)
    weights(optimizer="lbfgs", warmup=0, schedule="constant", learning_rate=1.0, steps=3)
    assert len(taken) == 1


def test_lbfgs_fits_a_sine_closely() -> None:
    """Three thousandths of the signal after 12 steps, where untrained weights are off by the whole of it."""
    settings = {"precision": "float64", "eval_lengths": (50, 300), "train_lengths": (30,)}
    spec = Spec("sine", "linear_rnn", settings, {"hidden": 2}, steps=12, optimizer="lbfgs", learning_rate=1.0)
    usual = replace(spec, schedule="constant", examples=8, batch=16, warmup=0, eval_every=10, patience=0)
    outcome = run_trial(replace(usual, weight_decay=0.0), SEED, "cpu", nothing)
    nrmse = outcome.evaluation.scores[300].nrmse
    assert nrmse is not None
    assert nrmse < 0.1
