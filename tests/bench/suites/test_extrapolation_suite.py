"""The suite `extrapolate`: every pair can be built, and a small real run goes all the way to its page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness import in_process

from bench.records.store import read_records
from bench.spec.spec import Spec
from bench.suites.configured import CONFIGURED
from bench.suites.suites import SUITES
from bench.trial.build import build_model, build_task

EXTRAPOLATE, CORE = (SUITES[name].specs for name in ("extrapolate", "extrapolate_core"))


def name_of(spec: Spec) -> str:
    return f"{spec.row} {spec.column}"


@pytest.mark.parametrize("spec", EXTRAPOLATE, ids=name_of)
def test_every_pair_can_be_built(spec: Spec) -> None:
    task = build_task(spec.task, spec.task_settings)
    model = build_model(spec.model, task, spec.model_settings)
    assert hasattr(model, "fit") or 8 <= sum(each.numel() for each in model.parameters()) < 500_000
    assert max(task.eval_lengths) >= 10 * max(task.inside_lengths) or spec.task == "human_numbers"


def test_every_pair_has_a_name_of_its_own() -> None:
    assert len({name_of(spec) for spec in EXTRAPOLATE}) == len(EXTRAPOLATE)


def test_the_core_is_part_of_the_suite_and_covers_the_tasks_that_families_are_made_for() -> None:
    assert set(map(name_of, CORE)) <= set(map(name_of, EXTRAPOLATE))
    assert tuple(spec for spec in EXTRAPOLATE if spec in CORE) == CORE
    tasks = {"copy", "reverse", "addition", "human_numbers", "sine", "repeat_symbol", "parity", "selective_copy"}
    assert {spec.task for spec in CORE} == tasks


@pytest.mark.parametrize(("longest", "farthest"), [(5, 400), (10, 1000), (20, 2000), (40, 2000)])
@pytest.mark.parametrize("name", ["copy", "reverse"])
def test_strings_up_to_a_length_are_evaluated_to_a_hundred_times_that(name: str, longest: int, farthest: int) -> None:
    configured = CONFIGURED[f"{name}(1-{longest})"]
    assert configured.settings["train_lengths"] == tuple(range(1, longest + 1))
    assert max(configured.settings["eval_lengths"]) == farthest
    assert {spec.task for spec in EXTRAPOLATE if spec.row == configured.name} == {name}


def test_a_head_that_is_to_copy_is_told_where_to_begin() -> None:
    """Else it learns nothing at all with some seeds, and the reference run's own do not show it."""
    copying = [spec for spec in EXTRAPOLATE if (spec.task, spec.model) == ("copy", "location_attention")]
    assert {spec.row for spec in copying} == {f"copy(1-{longest})" for longest in (5, 10, 20, 40)}
    assert {spec.model_settings["start"] for spec in copying} == {"first"}


@pytest.mark.slow
def test_a_small_run_goes_all_the_way_to_the_page(tmp_path: Path, capsys: Any) -> None:
    small = ("--steps", 4, "--seeds", 1, "--jobs", 1, "--device", "cpu", "--out", tmp_path)
    fewer = ("--set", "train.examples=4", "--set", "train.adversarial=2", "--set", "train.batch=4")
    models = "location_attention,stack_rnn,lstm"
    run = ("run", "--suite", "extrapolate", "--tasks", "reverse,parity", "--models", models)
    done = in_process(capsys, *run, *small, *fewer, "--set", "task.eval_lengths=1-10,20,100")
    assert done.code == 0, done.err
    records, problems = read_records(tmp_path / "records")
    assert not problems
    assert {record["spec"]["model"] for record in records} == set(models.split(","))
    for record in records:
        assert "20" in record["adversarial"]
        assert ("traces" in record) == (record["spec"]["model"] in ("location_attention", "stack_rnn"))
    done = in_process(capsys, "extrapolation", "--out", tmp_path)
    assert done.code == 0, done.err
    page = (tmp_path / "extrapolation.md").read_text(encoding="utf-8")
    assert "## What the memory does" in page
    shown = {path.name for path in (tmp_path / "figures" / "extrapolation").glob("*.png")}
    assert shown
    assert all(f"figures/extrapolation/{name}" in page for name in shown)
