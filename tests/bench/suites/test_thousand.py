"""The suite `thousand`: pairs of the table by their own recipes, evaluated ten times as far."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.spec.spec import Spec
from bench.suites.suites import SUITES
from bench.trial.build import build_task
from tasks.base import Task

SPECS, FULL = (SUITES[name].specs for name in ("thousand", "full"))


def task_of(spec: Spec) -> Task:
    """A spec's task, whatever the lengths at which it is evaluated."""
    return replace(build_task(spec.task, spec.task_settings), eval_lengths=(1,))


def recipe_of(spec: Spec) -> Spec:
    """What of a spec training hangs on, its task apart."""
    return replace(spec, row="", task_settings={}, examples=1, adversarial=0)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.row} {spec.column}")
def test_training_is_that_of_the_table(spec: Spec) -> None:
    same = [each for each in FULL if recipe_of(each) == recipe_of(spec) and task_of(each) == task_of(spec)]
    assert [each.column for each in same] == [spec.column]
    assert spec.row.replace(",1000x", "").startswith(same[0].row.split("(")[0])


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.row} {spec.column}")
def test_it_goes_a_thousand_times_as_far(spec: Spec) -> None:
    task = build_task(spec.task, spec.task_settings)
    assert max(task.eval_lengths) == 1000 * max(task.train_lengths)
    assert {max(task.train_lengths), 10 * max(task.train_lengths)} < set(task.eval_lengths)
