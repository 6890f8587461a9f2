"""Rows have one meaning: a name stands for one task with its settings in all suites, and no other name for the same."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import torch
from cases import tensors, where_here
from harness import ROOT

from bench.records.store import read_records
from bench.spec.catalogue import Catalogue
from bench.suites.configured import CONFIGURED, Configured, content, name_of
from bench.suites.plan import plan
from bench.suites.suites import SUITES
from bench.trial.build import build_task
from bench.trial.evaluation_sets import tensors_hash
from bench.trial.streams import stream

SPECS = [spec for suite in SUITES.values() for spec in suite.specs]
DRAWN = [each for each in CONFIGURED.values() if not each.free]
ROWS, WIDE = 32, 12


def fixed(configured: Configured, settings: Any) -> object:
    """What a spec's task is, but for the settings that its row leaves to it."""
    return content(configured.task, {name: value for name, value in settings.items() if name not in configured.free})


def test_every_row_of_every_suite_is_a_configured_task_with_its_settings() -> None:
    for spec in SPECS:
        configured = CONFIGURED[spec.row]
        assert spec.task == configured.task
        assert fixed(configured, spec.task_settings) == content(configured.task, configured.settings), spec


def test_only_texts_leave_settings_to_their_specs_and_only_how_they_are_read() -> None:
    assert {name for each in CONFIGURED.values() for name in each.free} == {
        *("train_lengths", "mode", "stride", "eval_lengths", "window")
    }
    for configured in CONFIGURED.values():
        assert not configured.free or configured.task.startswith(("chars_", "words_", "human_numbers"))


def test_no_two_names_have_the_same_content() -> None:
    assert len({content(each.task, each.settings) for each in CONFIGURED.values()}) == len(CONFIGURED)


def data_of(configured: Configured) -> tuple[object, ...]:
    """What a task draws and at which lengths, whatever its class is called."""
    task = build_task(configured.task, configured.settings)
    lengths = (task.train_lengths, task.eval_lengths)
    if task.data == "text":
        texts = [task.training_text(), *map(task.stream, task.eval_lengths)]
        return (*lengths, tensors_hash([*texts, *task.training_pieces()]))
    wide = max(task.train_lengths) if max(task.train_lengths) > WIDE else WIDE
    length = torch.full((ROWS,), wide)
    batches = [task.sample(length, wide, stream("cpu", "same")), task.training_sample(length, wide, stream("cpu", "t"))]
    return (*lengths, tensors_hash([part for batch in batches for part in tensors(batch)]))


def test_no_two_names_draw_the_same_data() -> None:
    names: dict[tuple[object, ...], list[str]] = {}
    for configured in DRAWN:
        names.setdefault(data_of(configured), []).append(configured.name)
    assert [same for same in names.values() if len(same) > 1] == []


def test_copy_and_variable_copy_with_the_same_settings_are_seen_to_draw_the_same() -> None:
    copy = CONFIGURED["copy(1-20)"]
    assert data_of(replace(copy, task="variable_copy")) == data_of(copy)
    assert data_of(replace(copy, task="reverse")) != data_of(copy)


@pytest.mark.parametrize("name", where_here([name for name in CONFIGURED if CONFIGURED[name].free]))
def test_every_text_can_be_built(name: str) -> None:
    assert build_task(CONFIGURED[name].task, CONFIGURED[name].settings).data == "text"


def test_every_configured_task_stands_for_its_own_content_and_records_find_it() -> None:
    for configured in CONFIGURED.values():
        as_json = json.loads(json.dumps(configured.settings))
        assert name_of(configured.task, as_json, "whatever it was called") == configured.name


@pytest.mark.parametrize(
    ("task", "settings", "label", "name"),
    [
        ("copy", {"symbols": 4}, "copy(symbols=4)", "copy(symbols=4)"),
        ("mine", {}, "mine", "mine"),
        ("copy", {"symbols": 4, "eval_lengths": [1, 2]}, "copy", "copy(symbols=4)"),
        ("variable_copy", dict(CONFIGURED["copy(1-20)"].settings), "variable_copy",
         "variable_copy(stop=once,symbols=8,train_lengths=1-20)"),
        ("chars_nietzsche", {"train_lengths": [8], "mode": "windows"}, "chars_nietzsche", "chars_nietzsche"),
        ("chars_nietzsche", {"train_lengths": [16]}, "chars_nietzsche(train_lengths=16)",
         "chars_nietzsche(train_lengths=16)"),
        ("chars_nietzsche", {"rare": 9}, "chars_nietzsche", "chars_nietzsche(rare=9)"),
        ("human_numbers", {**CONFIGURED["human_numbers(book)"].settings, "window": 3}, "human_numbers(book)",
         "human_numbers(book)"),
    ],
)  # fmt: skip
def test_a_label_stays_unless_it_is_the_name_of_another_content(
    task: str, settings: dict[str, Any], label: str, name: str
) -> None:
    assert name_of(task, settings, label) == name


def test_reference_records_with_old_labels_are_shown_under_the_right_names() -> None:
    found: dict[str, set[str]] = {}
    folders = sorted((ROOT / "results" / "baseline").glob("*/records"))
    records = [made for folder in folders for made in read_records(folder)[0] if made["seed"] == 0]
    assert records
    for spec in (made["spec"] for made in records):
        name = name_of(spec["task"], spec["task_settings"], spec["row"])
        found.setdefault(name, set()).add(
            f"{fixed(CONFIGURED[name], spec['task_settings'])}" if name in CONFIGURED else ""
        )
    assert all(len(contents) == 1 for contents in found.values())
    assert set(found) - set(CONFIGURED) <= {"variable_copy(stop=once,symbols=8,train_lengths=1-20)"}


@pytest.mark.parametrize("suite", ["extrapolate", "extrapolate_core"])
def test_a_task_is_found_by_its_own_name_where_a_suite_configures_it(suite: str) -> None:
    rows = {spec.row for spec in plan(SUITES[suite], Catalogue(), ["copy"], None, [], None)}
    assert rows == {spec.row for spec in SUITES[suite].specs if spec.task == "copy"}
    assert "copy(1-20)" in rows
