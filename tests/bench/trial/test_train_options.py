"""Options of training that change what is drawn, how weights move, or which weights are judged."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Any

import pytest
import torch

import bench.trial.train
from bench.spec.spec import Spec
from bench.trial.batches import lengths_at, training_feed
from bench.trial.build import build_model, build_task
from bench.trial.train import Pace, train
from bench.trial.trial import run_trial, train_model
from tasks.signals.sine import Sine
from tasks.strings.variable_copy import VariableCopy

TASK = VariableCopy(symbols=4, train_lengths=(1, 2, 3, 4, 5, 6), eval_lengths=(2, 6, 12))
SETTINGS = {"symbols": 4, "train_lengths": [1, 2, 3, 4, 5, 6], "eval_lengths": [2, 6, 12]}


def spec(**changes: Any) -> Spec:
    usual = {"steps": 12, "batch": 8, "examples": 8, "eval_every": 4, "patience": 0, "warmup": 2}
    return Spec("variable_copy", "gru", SETTINGS, {"hidden": 8}, **{**usual, **changes})


def watch(_: object) -> None: ...


def test_a_curriculum_begins_with_the_shortest_and_grows_to_all() -> None:
    asked = spec(steps=100, curriculum=0.5)
    drawn = [lengths_at(step, TASK, asked) for step in range(100)]
    assert drawn[0] == (1,)
    assert all(set(one) <= set(other) for one, other in pairwise(drawn))
    assert drawn[50] == TASK.train_lengths != drawn[38]
    assert [max(lengths) for lengths in (drawn[10], drawn[20], drawn[40])] == [2, 3, 5]


def test_no_curriculum_draws_all_lengths_from_the_start() -> None:
    assert lengths_at(0, TASK, spec()) == TASK.train_lengths


def test_the_feed_follows_the_curriculum() -> None:
    feed = training_feed(TASK, spec(steps=60, curriculum=1.0), 0, "cpu")
    longest = [int(next(feed).batch.source_length.max()) for _ in range(60)]
    assert longest[0] == 1
    assert max(longest[:30]) <= 4
    assert max(longest[-5:]) >= 5


def test_batches_of_one_length_have_no_padding_and_every_length_comes() -> None:
    feed = training_feed(TASK, spec(same_length_batches=True), 0, "cpu")
    batches = [next(feed).batch for _ in range(60)]
    assert all(batch.target_mask.all() for batch in batches)
    assert {int(batch.source_length[0]) for batch in batches} == set(TASK.train_lengths)


def test_batches_of_one_length_are_the_seeds_own() -> None:
    def lengths(seed: int) -> list[int]:
        feed = training_feed(TASK, spec(same_length_batches=True), seed, "cpu")
        return [int(next(feed).batch.source_length[0]) for _ in range(30)]

    assert lengths(3) == lengths(3) != lengths(4)


def test_training_reads_what_a_task_means_for_training_and_evaluation_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    class Practised(VariableCopy):
        def training_sample(self, *arguments: Any) -> Any:
            seen.append("training")
            return super().sample(*arguments)

    task = Practised(train_lengths=(2,), eval_lengths=(2,))
    feed = training_feed(task, spec(), 0, "cpu")
    next(feed)
    bench.trial.train.validation_set(task, 4)
    assert seen == ["training"]


def trained_weights(**changes: Any) -> dict[str, torch.Tensor]:
    asked = spec(**changes)
    model, _ = train_model(build_task(asked.task, asked.task_settings), asked, 0, "cpu", watch)
    return dict(model.state_dict())


def test_averaged_weights_are_the_exponential_average_of_those_at_each_step() -> None:
    decay, steps = 0.6, 5
    passed = [trained_weights(steps=number, schedule="constant") for number in range(1, steps + 1)]
    averaged = trained_weights(steps=steps, schedule="constant", ema=decay)
    for name, found in averaged.items():
        expected = passed[0][name]
        for weights in passed[1:]:
            expected = decay * expected + (1 - decay) * weights[name]
        torch.testing.assert_close(found, expected)


def test_an_average_is_what_the_looks_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[Any] = []

    def share_right(model: Any, *_: object) -> float:
        judged.append(model)
        return 0.5

    monkeypatch.setattr(bench.trial.train, "share_right", share_right)
    asked = spec(ema=0.9)
    task = build_task(asked.task, asked.task_settings)
    model = build_model("gru", task, {"hidden": 8})
    train(model, task, asked, 0, "cpu", watch)
    assert judged
    assert all(each is not model for each in judged)
    for name, weight in judged[-1].state_dict().items():
        assert torch.equal(weight, model.state_dict()[name])


def test_the_rate_follows_the_clock_where_seconds_run_out_first() -> None:
    slow = Pace(spec(steps=1000, seconds=10.0), started=0.0)
    slow.looking = slow.seconds  # as if no time had passed
    assert slow.position(5) == 5
    slow.looking -= 5
    assert 480 <= slow.position(5) <= 520
    slow.looking -= 100
    assert slow.position(5) == 1000


def test_without_a_limit_the_rate_follows_the_steps() -> None:
    assert Pace(spec(steps=1000), started=-1e6).position(7) == 7


def test_training_ends_when_its_seconds_are_over() -> None:
    asked = spec(steps=100_000, seconds=0.3, eval_every=100_000)
    outcome = run_trial(asked, 0, "cpu", watch)
    assert 1 <= outcome.training.steps < 100_000
    assert outcome.training.curve[-1].step == outcome.training.steps


def test_lbfgs_reads_one_batch_and_fits_a_sine_as_adam_does_not() -> None:
    settings = {"precision": "float64", "eval_lengths": [50, 300], "train_lengths": [30]}
    usual: dict[str, Any] = {
        "examples": 8,
        "batch": 16,
        "warmup": 0,
        "eval_every": 10,
        "patience": 0,
        "weight_decay": 0.0,
    }
    close = Spec(
        "sine", "linear_rnn", settings, {"hidden": 2}, steps=12, optimizer="lbfgs", learning_rate=1.0,
        schedule="constant", **usual,
    )  # fmt: skip
    rough = Spec("sine", "linear_rnn", settings, {"hidden": 2}, steps=240, learning_rate=1e-2, **usual)
    errors = [run_trial(each, 0, "cpu", watch).scores[300].nrmse for each in (close, rough)]
    assert errors[0] is not None
    assert errors[1] is None or errors[0] < errors[1] / 100
    assert errors[0] < 1e-3


def test_lbfgs_takes_only_the_first_batch_of_the_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []

    def feed(task: Any, asked: Spec, seed: int, device: str) -> Any:
        for step in training_feed(task, asked, seed, device):
            taken.append(step)
            yield step

    monkeypatch.setattr(bench.trial.train, "training_feed", feed)
    trained_weights(optimizer="lbfgs", warmup=0, schedule="constant", learning_rate=1.0, steps=3)
    assert len(taken) == 1


@pytest.mark.parametrize(("precision", "dtype"), [("float32", torch.float32), ("float64", torch.float64)])
def test_values_and_their_models_have_the_precision_asked_for(precision: str, dtype: torch.dtype) -> None:
    task = Sine(prefix=6, train_lengths=(5,), eval_lengths=(5,), precision=precision)
    batch = task.sample(torch.tensor([5, 5]), 5, torch.Generator().manual_seed(0))
    assert batch.source is not None
    model = build_model("gru", task, {"hidden": 4})
    assert (
        batch.source.dtype
        == batch.target.dtype
        == model(batch.source, batch.source_length, batch.target).dtype
        == dtype
    )


def test_both_precisions_draw_the_same_signal() -> None:
    def signal(precision: str) -> torch.Tensor:
        task = Sine(noise=0.1, spread=0.2, precision=precision)
        drawn = task.sample(torch.tensor([5] * 4), 5, torch.Generator().manual_seed(1))
        assert drawn.source is not None
        return torch.cat([drawn.source, drawn.target], 1).double()

    torch.testing.assert_close(signal("float32"), signal("float64"), atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"curriculum": 1.5}, "curriculum must be from 0 to 1; got 1.5"),
        ({"ema": 1.0}, "ema must be from 0 to 0.9999; got 1.0"),
        ({"seconds": -1.0}, "seconds must be 0 or more; got -1.0"),
        ({"seconds": math.inf}, "seconds must be 0 or more; got inf"),
        ({"adversarial": -3}, "adversarial must be 0 or more; got -3"),
        ({"optimizer": "sgd"}, "unknown optimizer 'sgd'; choose from: adamw, rmsprop, lbfgs"),
    ],
)
def test_a_wrong_option_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        spec(**changes)


def test_a_wrong_precision_is_named() -> None:
    with pytest.raises(ValueError, match=r"^unknown precision 'float16'; choose from: float32, float64$"):
        Sine(precision="float16")
