"""A spec refuses what makes no sense, and takes the names that its fields had."""

from __future__ import annotations

import math
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from harness import in_process, records_in

from bench.spec.settings import TRAIN, parse_change
from bench.spec.spec import RENAMED, SCHEDULES, Spec, renamed


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"curriculum": 1.5}, "curriculum must be from 0 to 1; got 1.5"),
        ({"ema": 1.0}, "ema must be from 0 to 0.9999; got 1.0"),
        ({"seconds": -1.0}, "seconds must be 0 or more; got -1.0"),
        ({"seconds": math.inf}, "seconds must be 0 or more; got inf"),
        ({"adversarial": -3}, "adversarial must be 0 or more; got -3"),
        ({"eval_every": 0}, "eval_every must be 1 or more; got 0"),
        ({"grad_clip": 0.0}, "grad_clip must be above 0; got 0.0"),
        ({"optimizer": "sgd"}, "unknown optimizer 'sgd'; choose from: adamw, rmsprop, lbfgs"),
        ({"data_seed": -1}, "data_seed must be 0 or more; got -1"),
        (
            {"schedule": "restarts", "period": -1},
            "schedules drop and restarts need a period of 1 step or more, others have none; got restarts with -1",
        ),
    ],
)
def test_a_wrong_option_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        Spec("copy", "gru", **changes)


def test_a_period_stands_with_the_schedules_that_have_one_and_no_other() -> None:
    for schedule in SCHEDULES:
        needs = schedule in ("drop", "restarts")
        assert Spec("copy", "gru", schedule=schedule, period=5 if needs else 0).schedule == schedule
        with pytest.raises(ValueError, match=f"drop and restarts need a period of 1 .* got {schedule} with"):
            Spec("copy", "gru", schedule=schedule, period=0 if needs else 5)


def test_old_names_stand_for_fields_that_are_there_and_are_fields_no_more() -> None:
    names = {field.name for field in fields(Spec)}
    assert set(RENAMED.values()) <= names
    assert not names & set(RENAMED)
    assert renamed({"clip": 2.0, "steps": 5}) == {"grad_clip": 2.0, "steps": 5}
    assert set(TRAIN) < names


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_an_old_name_is_set_with_a_note(old: str, new: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert parse_change(f"train.{old}=3") == parse_change(f"train.{new}=3")
    assert capsys.readouterr().err == f"note: train.{old} is now called train.{new}\n"
    assert parse_change(f"model.{old}=3").name == old  # a model may have a setting of that name, as decoder_only has
    assert capsys.readouterr().err == ""


def test_a_run_with_an_old_name_is_the_run_with_the_new_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = ("run", "--suite", "smoke", "--tasks", "copy", "--models", "majority", "--seeds", 1, "--jobs", 1)
    for name in ("clip", "grad_clip"):
        done = in_process(capsys, *run, "--set", f"train.{name}=0.5", "--out", tmp_path)
        assert done.code == 0, done.err
    assert "nothing to train" in done.out
    (made,) = records_in(tmp_path).values()
    assert made["spec"]["grad_clip"] == 0.5
