"""The training loop: what it reads, when it stops, what it never does."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

import bench.trial.evaluate
import bench.trial.evaluation_sets
from bench.spec.spec import Spec
from bench.trial.batches import draw, mask_of_first_batch, sampled
from bench.trial.build import build_model, build_task
from bench.trial.holdout import held_out
from bench.trial.streams import stream
from bench.trial.train import ValidationPoint, Training, rate, train
from bench.trial.trial import run_trial
from tasks.strings.copy import Copy

EASY = Spec(
    "copy",
    "elman",
    {"train_lengths": (6, 7), "stop": "once"},
    {"hidden": 64},
    steps=800,
    warmup=10,
    eval_every=20,
    learning_rate=5e-3,
)


def trained(spec: Spec, seed: int = 0) -> tuple[nn.Module, Training, list[ValidationPoint]]:
    torch.manual_seed(seed)
    task = build_task(spec.task, spec.task_settings)
    model = build_model(spec.model, task, spec.model_settings)
    looks: list[ValidationPoint] = []
    return model, train(model, task, spec, seed, "cpu", looks.append), looks


@pytest.mark.slow
def test_training_stops_early_once_patience_looks_in_a_row_were_exact() -> None:
    _, training, looks = trained(EASY)
    assert training.steps < EASY.steps
    assert [look.exact for look in looks[-EASY.patience :]] == [1.0] * EASY.patience
    assert all({look.exact for look in looks[i : i + 3]} != {1.0} for i in range(len(looks) - 3))
    assert looks == training.curve


@pytest.mark.slow
def test_without_patience_training_uses_its_whole_budget() -> None:
    assert trained(replace(EASY, patience=0, steps=200))[1].steps == 200


def test_training_never_reads_an_evaluation_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("training read an evaluation set")

    monkeypatch.setattr(bench.trial.evaluation_sets, "evaluation_set", refuse)
    monkeypatch.setattr(bench.trial.evaluate, "evaluation_set", refuse)
    assert len(trained(replace(EASY, steps=40))[1].curve) == 2


def test_validation_strings_have_training_lengths_only() -> None:
    task = build_task("variable_copy", {})
    lengths = bench.trial.evaluation_sets.validation_set(task, 256).source_length
    assert set(lengths.tolist()) == set(task.train_lengths)


def test_the_learning_rate_warms_up_and_then_falls_to_nothing() -> None:
    spec = replace(EASY, steps=100, warmup=10)
    rates = [rate(step, spec) for step in range(100)]
    assert rates[:10] == pytest.approx([0.1 * n for n in range(1, 11)])
    assert all(after < before for before, after in pairwise(rates[10:]))
    assert rates[55] == pytest.approx(0.5)
    assert rates[-1] < 0.001
    assert {rate(step, replace(spec, schedule="constant")) for step in range(10, 100)} == {1.0}


def test_gradients_are_clipped(monkeypatch: pytest.MonkeyPatch) -> None:
    norms: list[float] = []
    original = torch.optim.AdamW.step

    def watch(optimizer: torch.optim.AdamW, measure: Callable[[], torch.Tensor]) -> torch.Tensor:
        loss = measure()
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        norms.append(float(torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in gradients]))))
        original(optimizer)
        return loss

    monkeypatch.setattr(torch.optim.AdamW, "step", watch)
    trained(replace(EASY, steps=5, grad_clip=0.01))
    assert len(norms) == 5
    assert max(norms) <= 0.01 * 1.001


@pytest.mark.parametrize("loss_mask", [True, False])
def test_padding_weighs_in_the_loss_only_in_the_ablation(loss_mask: bool) -> None:
    task = build_task("variable_copy", {})
    step = next(sampled(task, replace(EASY, loss_mask=loss_mask), 0, "cpu"))
    assert bool((step.weight & ~step.batch.target_mask).any()) is not loss_mask


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("model", ["linear_rnn", "elman", "gru"])
def test_sine_training_stays_finite_for_all_seeds(model: str, seed: int) -> None:
    spec = Spec("sine", model, {}, {"hidden": 4}, steps=60, batch=16, learning_rate=1e-2, patience=0, eval_every=20)
    _, training, looks = trained(spec, seed)
    assert training.status == "trained"
    assert all(math.isfinite(look.loss) for look in looks)
    assert looks[-1].loss < looks[0].loss


def test_a_loss_that_is_not_a_number_ends_training_as_diverged() -> None:
    class Broken(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))

        def forward(self, source: Tensor, source_length: Tensor, target_in: Tensor) -> Tensor:
            return (self.weight / 0 * 0).expand(*target_in.shape, 6)

    task = build_task(EASY.task, EASY.task_settings)
    training = train(Broken(), task, EASY, 0, "cpu", lambda look: None)
    assert training.status == "diverged"
    assert training.steps == EASY.eval_every
    assert math.isnan(training.curve[-1].loss)


def test_the_same_seed_trains_the_same_weights_and_another_does_not() -> None:
    spec = replace(EASY, steps=10)
    first, again, other = (trained(spec, seed)[0].state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_the_mask_of_the_first_batch_counts_each_real_symbol_of_the_rows_that_are_not_held_out() -> None:
    task = Copy(train_lengths=(2, 5), eval_lengths=(5,), stop="once")
    mask = mask_of_first_batch(task, Spec("copy", "gru", batch=64), 3, 20)
    batch = draw(task, 64, stream("cpu", 3, "train"))
    held = held_out(batch)
    assert held is not None
    assert mask["width"] == 6
    assert mask["lengths"] == batch.target_length[:20].tolist()
    assert mask["counted"] == [0 if out else n for n, out in zip(mask["lengths"], held.tolist(), strict=False)]
    assert 0 in mask["counted"]


def test_a_data_seed_names_the_data_and_leaves_the_weights_to_the_seed() -> None:
    spec = Spec("copy", "elman", {"train_lengths": (3,), "eval_lengths": (3,)}, {"hidden": 8}, steps=3, eval_every=1)

    def first_loss(seed: int, data_seed: int | None) -> float:
        return run_trial(replace(spec, data_seed=data_seed), seed, "cpu", lambda _: None).training.curve[0].loss

    assert first_loss(0, None) == first_loss(0, 0)
    assert first_loss(1, None) == first_loss(1, 1)
    assert len({first_loss(0, 0), first_loss(1, 0), first_loss(0, 1), first_loss(1, 1)}) == 4
