"""Weights that are kept are those that were saved, under the key that was asked for; nothing in their files runs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from bench.records.checkpoints import checkpoint_path, load, save
from bench.spec.spec import Spec
from bench.trial.build import build_model, build_task
from bench.trial.train import Training, ValidationPoint

TRAINING = Training(
    "trained", 2, 1.5, 1.25, 24, [ValidationPoint(1, 0.5, None, 0.75), ValidationPoint(2, 0.25, 1.0, 1.5)]
)
SPEC = Spec("copy", "gru", {"train_lengths": (2, 3), "eval_lengths": (2, 3, 6)}, {"hidden": 8})


class Runs:
    """An object of ours, which to read is to run."""


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Path, dict[str, torch.Tensor]]:
    """The file of a model's weights, and these."""
    model = build_model("gru", build_task("copy", SPEC.task_settings), SPEC.model_settings)
    path = checkpoint_path(tmp_path, SPEC, 5)
    save(path, "key", model, TRAINING)
    return path, model.state_dict()


def test_weights_are_read_as_they_were_saved(kept: tuple[Path, dict[str, torch.Tensor]]) -> None:
    path, weights = kept
    kept_model = load(path, "key", SPEC, "cpu")
    assert kept_model is not None
    model, training = kept_model
    assert not model.training
    assert training == TRAINING
    assert model.state_dict().keys() == weights.keys()
    assert all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())


def test_weights_of_another_key_or_damaged_ones_are_none(kept: tuple[Path, dict[str, torch.Tensor]]) -> None:
    path, _ = kept
    assert load(path, "other", SPEC, "cpu") is None
    assert load(path.with_name("none.pt"), "key", SPEC, "cpu") is None
    path.write_bytes(path.read_bytes()[:100])
    assert load(path, "key", SPEC, "cpu") is None


def test_a_checkpoint_holds_nothing_that_runs(tmp_path: Path) -> None:
    torch.save({"key": "key", "weights": {}, "more": Runs()}, tmp_path / "made.pt")
    assert load(tmp_path / "made.pt", "key", SPEC, "cpu") is None


def test_a_file_may_say_nothing_of_the_training_and_a_trivial_baseline_has_none(tmp_path: Path) -> None:
    task = build_task("copy", SPEC.task_settings)
    save(tmp_path / "model.pt", "key", build_model("gru", task, SPEC.model_settings))
    kept_model = load(tmp_path / "model.pt", "key", SPEC, "cpu")
    assert kept_model is not None
    assert kept_model.training is None
    save(tmp_path / "baseline.pt", "key", build_model("majority", task, {}))
    assert not (tmp_path / "baseline.pt").exists()


def test_weights_lie_under_the_name_of_their_record(tmp_path: Path) -> None:
    assert checkpoint_path(tmp_path, SPEC, 5) == tmp_path / "copy--gru--seed5.pt"
    assert checkpoint_path(tmp_path, SPEC, 5, 2).name == "copy--gru--seed5-cycle-2.pt"
    other = checkpoint_path(tmp_path, Spec("copy", "gru", column="GRU"), 5)
    assert other.name.casefold() != "copy--gru--seed5.pt"
