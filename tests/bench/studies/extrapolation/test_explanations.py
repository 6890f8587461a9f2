"""Why families hold or fail: every row of the page has its words, by its name or its task's."""

from __future__ import annotations

import pytest
from harness import record

from bench.studies.extrapolation.page import explanations, why
from bench.suites.suites import SUITES


def test_every_row_of_the_suite_is_explained() -> None:
    for spec in (*SUITES["extrapolate"].specs, *SUITES["thousand"].specs):
        said = why(record({3: 1}, task=spec.row) | {"spec": {"task": spec.task}})
        assert said.endswith("."), spec.row
        assert 80 < len(said) < 750, spec.row


@pytest.mark.parametrize("name", explanations())
def test_no_explanation_is_of_a_task_that_is_no_more(name: str) -> None:
    tasks = {spec.task for suite in SUITES.values() for spec in suite.specs}
    rows = {spec.row for suite in SUITES.values() for spec in suite.specs}
    assert name in tasks | rows


def test_a_row_is_explained_by_its_name_else_by_its_task() -> None:
    def told(row: str, task: str) -> str:
        return why(record({3: 1}, task=row) | {"spec": {"task": task}})

    known = explanations()
    assert told("copy(1-10)", "copy") == known["copy(1-10)"] != known["copy"]
    assert told("copy(symbols=3)", "copy") == known["copy"]
    assert told("addition(reversed)", "addition") == known["addition(reversed,1-10)"]
    assert told("copy of mine", "nothing of the kind") == ""
