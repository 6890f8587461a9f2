"""A trial inside its training lengths: what it is judged on, and that nothing past them is read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from bench.spec.spec import Spec
from bench.studies.tuning.space import HELD_OUT
from bench.trial.build import build_task
from bench.trial.evaluation_sets import validation_set
from bench.trial.inside import held_out_score, inside_in_turns
from bench.trial.protocols import protocol_of
from bench.trial.trial import new_model
from bench.trial.turns import to_the_end

COPY = Spec("copy", "gru", {"train_lengths": (2, 3)}, {"hidden": 8}, steps=4, batch=8, eval_every=2)
SINE = Spec("sine", "gru", {"train_lengths": (5,), "prefix": 4}, {"hidden": 8}, steps=4, batch=8, eval_every=2)
NUMBERS = Spec("human_numbers", "gru", dict(HELD_OUT["human_numbers"]), {"hidden": 8}, steps=2, batch=8)


@pytest.fixture
def no_evaluation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whatever evaluates fail."""

    def refused(*asked: Any) -> Any:
        raise AssertionError(f"evaluated: {asked}")

    for module in ("evaluation_sets", "protocols.base", "protocols.strings", "protocols.signals"):
        for name in ("evaluation_set", "adversarial_set"):
            monkeypatch.setattr(f"bench.trial.{module}.{name}", refused, raising=False)
    monkeypatch.setattr("bench.trial.trial.evaluate_trained", refused)


@pytest.mark.usefixtures("no_evaluation")
@pytest.mark.parametrize("spec", [COPY, SINE])
def test_examples_are_judged_on_the_validation_set_and_no_other(spec: Spec) -> None:
    trial = to_the_end(inside_in_turns(spec, 100, "cpu", lambda point: None))
    assert [point.step for point in trial.training.curve] == [2, 4]
    assert trial.score.right / trial.score.examples == trial.training.curve[-1].exact
    assert trial.score.examples == len(validation_set(build_task(spec.task, spec.task_settings), 256).target)
    assert trial.kind == ("values" if spec is SINE else "symbols")
    assert (trial.score.nrmse is not None) == (spec is SINE)


@pytest.mark.usefixtures("no_evaluation")
def test_a_text_is_judged_on_what_its_settings_hold_out(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    task_class = type(build_task(NUMBERS.task, NUMBERS.task_settings))
    numbers = task_class.numbers
    monkeypatch.setattr(task_class, "numbers", lambda self, length: read.append(length) or numbers(self, length))
    trial = to_the_end(inside_in_turns(NUMBERS, 100, "cpu", lambda point: None))
    assert set(read) == {6999, 7999}
    assert (trial.kind, trial.score.unseen, trial.score.examples) == ("stream", True, 999)
    task = build_task(NUMBERS.task, NUMBERS.task_settings)
    assert (task.numbers(7999)[0], task.numbers(6999)[-1]) == (7001, 6999)


def test_a_text_with_other_excerpts_is_not_judged_by_chance_on_one_of_them() -> None:
    spec = replace(NUMBERS, task_settings={})
    task = build_task(spec.task, spec.task_settings)
    with pytest.raises(ValueError, match="too many values"):
        held_out_score(new_model(task, spec, 100, "cpu"), task, "cpu")


def test_a_trial_trains_as_a_run_does() -> None:
    one, other = (to_the_end(inside_in_turns(COPY, 100, "cpu", lambda point: None)) for _ in range(2))
    assert replace(one.training, seconds=0, cpu_seconds=0, curve=[]) == replace(
        other.training, seconds=0, cpu_seconds=0, curve=[]
    )
    assert one.score == other.score
    task = build_task(COPY.task, COPY.task_settings)
    model = new_model(task, COPY, 100, "cpu")
    assert held_out_score(model, task, "cpu").right / 256 == pytest.approx(
        protocol_of(task).validate(model, task, "cpu")
    )
    assert torch.is_grad_enabled()
