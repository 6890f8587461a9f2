"""The learning rate of every schedule against formulas and torch's own, the optimiser, weights at a cycle's end."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from harness import in_process
from torch import Tensor, nn
from torch.optim.lr_scheduler import CosineAnnealingLR, CosineAnnealingWarmRestarts

from bench.spec.spec import OPTIMIZERS, SCHEDULES, Spec
from bench.trial.build import build_model, build_task
from bench.trial.optimisers import Optimiser, ends_cycle, rate
from bench.trial.train import train

BASE = Spec("copy", "gru", steps=40, warmup=0)
RESTARTS = replace(BASE, schedule="restarts", period=3)
TOY = Spec(
    *("words_toy", "gru", {"train_lengths": (4,)}, {"hidden": 8}),
    steps=16,
    batch=2,
    warmup=1,
    schedule="restarts",
    period=2,
    eval_every=16,
)


def rates(spec: Spec, count: int | None = None) -> list[float]:
    return [rate(step, spec) for step in range(count or spec.steps)]


def by_torch(kind: Any, count: int, **settings: Any) -> list[float]:
    """What torch's scheduler makes of a rate of 1, step by step."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, found = kind(optimizer, **settings), []
    for _ in range(count):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def test_every_schedule_is_tried_here() -> None:
    assert SCHEDULES == ("constant", "cosine", "drop", "one_cycle", "restarts")


@pytest.mark.parametrize("schedule", ["constant", "cosine", "drop", "restarts"])
@pytest.mark.parametrize("warmup", [1, 4, 10])
def test_all_but_one_cycle_warm_up_linearly(schedule: str, warmup: int) -> None:
    period = 20 if schedule in ("drop", "restarts") else 0
    found = rates(replace(BASE, schedule=schedule, warmup=warmup, period=period))
    assert found[:warmup] == pytest.approx([(step + 1) / warmup for step in range(warmup)])
    assert found[warmup] == 1


def test_constant_stays() -> None:
    assert set(rates(replace(BASE, schedule="constant"))) == {1.0}


def test_cosine_is_torchs_down_to_zero_behind_the_last_step() -> None:
    assert rates(BASE) == pytest.approx(by_torch(CosineAnnealingLR, 40, T_max=40), abs=1e-9)
    warm = replace(BASE, warmup=10)
    assert rates(warm)[10:] == pytest.approx(by_torch(CosineAnnealingLR, 30, T_max=30), abs=1e-9)
    assert rate(40, BASE) == pytest.approx(0)


@pytest.mark.parametrize("period", [1, 7, 39, 40, 100])
def test_drop_is_a_tenth_from_its_period_on(period: int) -> None:
    found = rates(replace(BASE, schedule="drop", period=period))
    assert found == [1.0 if step < period else 0.1 for step in range(40)]


@pytest.mark.parametrize("period", [1, 2, 3, 7])
@pytest.mark.parametrize("warmup", [0, 5])
def test_restarts_are_torchs_cosines_each_twice_as_long_as_the_one_before(period: int, warmup: int) -> None:
    found = rates(replace(RESTARTS, period=period, warmup=warmup), 200)[warmup:]
    expected = by_torch(CosineAnnealingWarmRestarts, 200 - warmup, T_0=period, T_mult=2)
    assert found == pytest.approx(expected, abs=1e-9)
    assert [step for step, one in enumerate(found) if one == 1] == [period * (2**k - 1) for k in range(9)][
        : found.count(1)
    ]


@pytest.mark.parametrize("warmup", [0, 5])
@pytest.mark.parametrize("period", [1, 3, 10])
def test_a_cycle_ends_at_the_last_step_before_the_next_and_at_no_other(period: int, warmup: int) -> None:
    spec = replace(RESTARTS, period=period, warmup=warmup)
    ends = {step: ends_cycle(step, spec) for step in range(1, 400) if ends_cycle(step, spec) is not None}
    expected = {warmup + period * (2 ** (cycle + 1) - 1): cycle for cycle in range(12)}
    assert ends == {step: cycle for step, cycle in expected.items() if step < 400}
    for step in ends:  # steps done so far: the next one is at the highest rate again, the last one at its lowest
        assert rate(step, spec) == 1
        assert step == 1 + warmup or rate(step - 1, spec) <= rate(step - 2, spec)


@pytest.mark.parametrize("schedule", ["constant", "cosine", "drop", "one_cycle"])
def test_no_other_schedule_has_cycles(schedule: str) -> None:
    spec = replace(BASE, schedule=schedule, period=3 if schedule == "drop" else 0)
    assert {ends_cycle(step, spec) for step in range(1, 41)} == {None}


@pytest.mark.parametrize("warmup", [0, 30])
def test_one_cycle_goes_up_for_a_quarter_and_down_to_almost_nothing(warmup: int) -> None:
    spec = replace(BASE, schedule="one_cycle", steps=400, warmup=warmup)
    found = rates(spec, 401)
    assert (found[0], found[100]) == (pytest.approx(1 / 25), pytest.approx(1))
    assert found[400] == pytest.approx(1 / 25 * 1e-5)
    assert found[50] == pytest.approx((1 / 25 + 1) / 2)
    assert found[250] == pytest.approx((1 + 1 / 25 * 1e-5) / 2)
    for step in range(100):
        assert found[step] == pytest.approx(1 / 25 + (1 - 1 / 25) * math.sin(math.pi * step / 200) ** 2)
    assert found[:101] == sorted(found[:101])
    assert found[100:] == sorted(found[100:], reverse=True)


def one_step(optimizer: str, gradient: Tensor) -> Tensor:
    """What a weight of 2 is after one step of rate 0.1 and weight decay 0.5."""
    model = nn.Linear(3, 1, bias=False)
    model.weight.data.fill_(2.0)
    spec = replace(BASE, optimizer=optimizer, learning_rate=0.1, weight_decay=0.5, grad_clip=100.0)
    Optimiser(model, spec).step(lambda: (model.weight * gradient).sum(), 1.0)
    return model.weight.detach()[0]


def test_rmsprop_divides_by_the_root_of_a_mean_that_keeps_nine_tenths() -> None:
    gradient = torch.tensor([1.0, -3.0, 0.5])
    decayed = gradient + 0.5 * 2
    expected = 2 - 0.1 * decayed / ((0.1 * decayed**2).sqrt() + 1e-8)
    torch.testing.assert_close(one_step("rmsprop", gradient), expected)


def test_adamw_decays_weights_apart_from_the_gradient() -> None:
    gradient = torch.tensor([1.0, -3.0, 0.5])
    torch.testing.assert_close(one_step("adamw", gradient), 2 * (1 - 0.1 * 0.5) - 0.1 * gradient.sign())


def trained(spec: Spec) -> tuple[nn.Module, list[tuple[int, dict[str, Tensor]]]]:
    """Train a little; what was kept at each cycle's end."""
    task = build_task(spec.task, spec.task_settings)
    torch.manual_seed(0)
    model, kept = build_model(spec.model, task, spec.model_settings), []

    def keep(cycle: int, now: nn.Module) -> None:
        kept.append((cycle, {name: weight.clone() for name, weight in now.state_dict().items()}))

    train(model, task, spec, 0, "cpu", lambda _: None, keep)
    return model, kept


def test_the_weights_are_kept_at_the_end_of_each_cycle() -> None:
    _, kept = trained(TOY)
    assert [cycle for cycle, _ in kept] == [0, 1, 2]
    for (_, weights), steps in zip(kept, (1 + 2, 1 + 6, 1 + 14), strict=True):
        shorter, _ = trained(replace(TOY, steps=steps))  # the rate depends on no later step
        assert all(torch.equal(weight, weights[name]) for name, weight in shorter.state_dict().items())


def test_without_cycles_nothing_is_kept() -> None:
    assert trained(replace(TOY, schedule="constant", period=0))[1] == []


@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name != "lbfgs"])  # its line search sets the pace
def test_the_loop_steps_by_the_optimizer_and_the_schedule_that_the_spec_names(optimizer: str) -> None:
    spec = replace(TOY, optimizer=optimizer, schedule="drop", period=2, steps=4, warmup=0)
    by_loop, _ = trained(spec)
    moved = [trained(replace(spec, steps=steps))[0].state_dict() for steps in (1, 2, 3, 4)]
    first, second, third, _ = (torch.cat([weight.flatten() for weight in weights.values()]) for weights in moved)
    assert (third - second).norm() < 0.3 * (second - first).norm()  # a tenth of the rate
    other, _ = trained(replace(spec, optimizer="rmsprop" if optimizer == "adamw" else "adamw"))
    assert not torch.equal(by_loop.decoder.readout.weight, other.decoder.readout.weight)


def test_a_run_with_checkpoints_writes_those_of_each_cycle_beside_the_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = "task.train_lengths=4 model.hidden=8 train.batch=2 train.warmup=1 train.schedule=restarts train.period=2"
    asked = [part for setting in settings.split() for part in ("--set", setting)]
    run = ("run", "--tasks", "words_toy", "--models", "gru", "--seeds", "3,", "--steps", 7, "--jobs", 1, *asked)
    done = in_process(capsys, *run, "--device", "cpu", "--out", tmp_path / "kept", "--checkpoint")
    assert done.code == 0, done.err
    (record,) = (tmp_path / "kept" / "records").glob("*.json")
    folder = tmp_path / "kept" / "checkpoints"
    names = {f"{record.stem}{part}.pt" for part in ("", "-cycle-0", "-cycle-1")}
    assert {path.name for path in folder.iterdir()} == names
    last, first, second = (
        torch.load(folder / f"{record.stem}{part}.pt", weights_only=True) for part in ("", "-cycle-0", "-cycle-1")
    )
    assert last["key"] == first["key"] == second["key"]
    for name, weight in last["weights"].items():
        assert torch.equal(weight, second["weights"][name])  # step 7 ends the second cycle and the run
    assert any(not torch.equal(weight, first["weights"][name]) for name, weight in last["weights"].items())
    assert in_process(capsys, *run, "--device", "cpu", "--out", tmp_path / "plain").code == 0
    assert not (tmp_path / "plain" / "checkpoints").exists()
