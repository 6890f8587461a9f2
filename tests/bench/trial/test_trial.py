"""A trial: weights are handed over before evaluation, a length that fails leaves the others, seeds name data."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from bench.spec.spec import Spec
from bench.trial.build import build_task
from bench.trial.train import Training
from bench.trial.trial import Outcome, evaluate_trained, new_model, run_trial
from models import adapted
from models.base import Model

LENGTHS = {"train_lengths": (3,), "eval_lengths": (2, 3, 6)}
SPEC = Spec("copy", "elman", LENGTHS, {"hidden": 8}, steps=3, eval_every=1, examples=8)
LEARNED = {"hidden": 8, "heads": 2, "positions": "learned", "longest": 4}
TABLE = replace(SPEC, model="transformer", model_settings=LEARNED)


def outcome_of(spec: Spec, seed: int = 0) -> Outcome:
    return run_trial(spec, seed, "cpu", lambda _: None)


class Short(nn.Module):
    """Copies, up to a length at which it fails."""

    def __init__(self, longest: int, error: Exception) -> None:
        super().__init__()
        self.longest, self.error = longest, error

    def forward(self, source: Tensor, source_length: Tensor, target_in: Tensor) -> Tensor:
        if target_in.shape[1] > self.longest:
            raise self.error
        return nn.functional.one_hot(source, 8).float()


def test_a_length_past_a_table_of_positions_fails_and_the_others_stand() -> None:
    evaluation = outcome_of(TABLE).evaluation
    assert list(evaluation.scores) == [2, 3]
    assert list(evaluation.failed) == [6]
    assert evaluation.failed[6].startswith("ValueError: position 6 is past the learned table; set model.longest")
    kept, whole = outcome_of(replace(TABLE, task_settings=LENGTHS | {"eval_lengths": (2, 3)})), outcome_of(TABLE)
    assert kept.evaluation.scores == whole.evaluation.scores


@pytest.mark.parametrize("error", [ValueError("no\nmore"), RuntimeError("out of memory\nand so on")])
def test_what_a_model_cannot_do_at_a_length_is_said_in_one_line(error: Exception) -> None:
    task = build_task("copy", LENGTHS | {"symbols": 5})
    evaluation = evaluate_trained(task, adapted(Short(3, error)), replace(SPEC, adversarial=4), "cpu")
    assert evaluation.failed == {6: f"{type(error).__name__}: {str(error).splitlines()[0]}"}
    assert all(score.right == score.examples for score in evaluation.scores.values())
    assert set(evaluation.adversarial) <= {2, 3}


def test_a_trial_fails_where_every_length_does() -> None:
    task = build_task("copy", LENGTHS | {"symbols": 5})
    with pytest.raises(ValueError, match="none at all"):
        evaluate_trained(task, adapted(Short(0, ValueError("none at all"))), SPEC, "cpu")


def test_an_error_that_is_no_lengths_own_is_not_swallowed() -> None:
    task = build_task("copy", LENGTHS | {"symbols": 5})
    with pytest.raises(ZeroDivisionError):
        evaluate_trained(task, adapted(Short(3, ZeroDivisionError())), SPEC, "cpu")


def test_weights_are_handed_over_once_trained_and_before_they_are_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[tuple[dict[str, Tensor], Training]] = []

    def hand_over(model: Model, training: Training) -> None:
        handed.append(({name: value.clone() for name, value in model.state_dict().items()}, training))

    def fail(*_: object) -> None:
        raise KeyError("evaluation fails")

    whole = outcome_of(SPEC)
    monkeypatch.setattr("bench.trial.protocols.strings.Strings.score", fail)
    with pytest.raises(KeyError, match="evaluation fails"):
        run_trial(SPEC, 0, "cpu", lambda _: None, hand_over=hand_over)
    ((weights, training),) = handed
    assert training.curve
    assert all(torch.equal(value, whole.model.state_dict()[name]) for name, value in weights.items())


def test_kept_weights_are_evaluated_without_training() -> None:
    whole = outcome_of(SPEC)
    again = new_model(whole.task, SPEC, 99, "cpu")
    again.load_state_dict(whole.model.state_dict())
    evaluation = evaluate_trained(whole.task, again, SPEC, "cpu")
    assert replace(evaluation, seconds=0) == replace(whole.evaluation, seconds=0)


def test_a_data_seed_names_the_data_and_leaves_the_weights_to_the_seed() -> None:
    def first_loss(seed: int, data_seed: int | None) -> float:
        return outcome_of(replace(SPEC, data_seed=data_seed), seed).training.curve[0].loss

    assert first_loss(0, None) == first_loss(0, 0)
    assert first_loss(1, None) == first_loss(1, 1)
    assert len({first_loss(0, 0), first_loss(1, 0), first_loss(0, 1), first_loss(1, 1)}) == 4
