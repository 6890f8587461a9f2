"""Which specs a row and a column of the tables name, and which command trains one of them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import replace

from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError
from bench.spec.settings import Change
from bench.spec.spec import Spec
from bench.suites.plan import changed, missing, no_such, plan, task_of
from bench.suites.suites import SUITES


def specs_named(
    catalogue: Catalogue, row: str, column: str, changes: list[Change], steps: int | None = None
) -> list[Spec]:
    """Return the different specs of a row and a column in any suite, changed, the largest budget first.

    Where suites pose a row in different ways, the first suite's way comes before the others.
    Where no suite has the pair, the names are a task's and a model's, and their recipe counts. How many examples
    evaluate a spec afterwards is no difference here.
    """
    every = [spec for suite in SUITES.values() for spec in suite.specs]
    found = [spec for spec in every if (spec.row, spec.column) == (row, column)]
    distinct: list[Spec] = []
    for spec in found or [by_recipe(catalogue, row, column)]:
        asked = as_trained(changed(spec, catalogue, changes, steps))
        if asked not in distinct:
            distinct.append(asked)
    usual = distinct[0].task_settings
    return sorted(distinct, key=lambda spec: (spec.task_settings != usual, -spec.steps))


def by_recipe(catalogue: Catalogue, row: str, model: str) -> Spec:
    """Return the spec of a pair that no suite has."""
    suites = list(SUITES.values())
    tasks = {spec.row: spec.task for suite in suites for spec in suite.specs}
    task = tasks.get(row) or task_of(row, catalogue, tasks)
    families = list(catalogue.entries["model"])
    if model not in families:
        columns = {spec.column for suite in suites for spec in suite.specs if spec.row == row}
        raise no_such("model", model, families, f"columns of {row}", columns)
    return missing(suites[0], row, task, model)


def as_trained(spec: Spec) -> Spec:
    """Return a spec as it counts for its weights: whatever the number of examples that evaluate it."""
    return replace(spec, examples=1)


def run_command(
    catalogue: Catalogue, row: str, spec: Spec, changes: list[Change], steps: int | None, others: Iterable[str]
) -> str | None:
    """Return the command that trains one of `specs_named` and keeps its weights; None where none would.

    others: options that the command has beside the names and the changes
    """
    for suite in SUITES.values():
        try:
            planned = plan(suite, catalogue, [row], [spec.model], changes, steps)
        except RequestError:
            continue
        if any(as_trained(each) == spec for each in planned):
            asked = ["--suite", suite.name, "--tasks", row, "--models", spec.model]
            asked += [] if steps is None else ["--steps", str(steps)]
            for change in changes:
                asked += ["--set", f"{change.part}.{change.name}={change.text}"]
            return shlex.join(["python", "-m", "bench", "run", *asked, "--checkpoint", *others])
    return None
