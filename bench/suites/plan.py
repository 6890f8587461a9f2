"""What a request asks for: from suite, names and changes to specs; from a row and a column to specs and a command."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError, choose_from
from bench.spec.settings import Change, label
from bench.spec.spec import Spec
from bench.suites.configured import CONFIGURED, name_of
from bench.suites.recipes import recipe
from bench.suites.suites import SUITES, Suite

if TYPE_CHECKING:
    from bench.checks.sizes import Matching


def plan(
    suite: Suite,
    catalogue: Catalogue,
    tasks: list[str] | None,
    models: list[str] | None,
    changes: list[Change],
    steps: int | None,
    matching: Matching | None = None,
) -> list[Spec]:
    """Return the specs that a request selects, changed as it says; each name and setting is checked.

    matching: every family that has sizes to choose from gets the one nearest to a number of parameters
    """
    chosen = select(suite, catalogue, tasks, models)
    specs = [changed(spec, catalogue, changes, steps) for spec in chosen]
    if not specs:
        raise RequestError(f"suite {suite.name!r} has no pair of tasks {tasks} and models {models}")
    for entry in (found for kind in catalogue.entries.values() for found in kind.values()):
        if entry.file in catalogue.plugins and entry.name not in {name for s in specs for name in (s.task, s.model)}:
            raise RequestError(
                f"{entry.kind} {entry.name!r} of a plug-in is not selected; name it with --{entry.kind}s"
            )
    if matching is None:
        return specs
    if any((change.part, change.name) == ("model", "hidden") for change in changes):
        raise RequestError("--parameters chooses model.hidden, so --set model.hidden=... has no meaning beside it")
    sizes = [matching.hidden(spec) for spec in specs]
    sized = [[] if size is None else [Change("model", "hidden", str(size))] for size in sizes]
    pairs = zip(chosen, sized, strict=True)
    return once(changed(spec, catalogue, [*changes, *size], steps) for spec, size in pairs)


def selectable(suite: Suite, catalogue: Catalogue) -> tuple[set[str], set[str]]:
    """Return the names by which rows and columns can be selected."""
    rows = {*catalogue.entries["task"], *CONFIGURED, *(spec.row for spec in suite.specs)}
    return rows, {*catalogue.entries["model"], *(spec.column for spec in suite.specs)}


def once(specs: Iterable[Spec]) -> list[Spec]:
    """Keep one of the specs that differ in their column's name alone: the one whose name is shortest."""
    kept: list[Spec] = []
    for spec in specs:
        same = [other for other in kept if replace(other, column=spec.column) == spec]
        if not same:
            kept.append(spec)
        elif len(spec.column) < len(same[0].column):
            kept[kept.index(same[0])] = spec
    return kept


def select(suite: Suite, catalogue: Catalogue, tasks: list[str] | None, models: list[str] | None) -> list[Spec]:
    """Return the suite's pairs under these names; where it has none under two of them, or a name is new, such pairs.

    tasks: tasks, or rows by their whole name; models: families, or columns of the suite by their whole name. A family
    that the suite has in one row of a task is not made for the task's other rows, unless these are named.
    """
    rows = {spec.row: spec.task for spec in suite.specs}
    had = [{spec.model for spec in suite.specs if name in (spec.row, spec.task)} for name in tasks or ()]
    in_suite = {spec.model for spec in suite.specs}
    new_rows = [name for name in tasks or () if name not in rows and name not in rows.values()]
    for name in new_rows:
        rows[name] = task_of(name, catalogue, rows)
    wanted = [row for row, task in rows.items() if not tasks or row in tasks or task in tasks]
    families = [name for name in models or () if name in catalogue.entries["model"]]
    for name in models or ():
        if name not in families:
            check_column(suite, catalogue, name, tasks)
    chosen = [spec for spec in suite.specs if spec.row in wanted]
    if models:
        chosen = [spec for spec in chosen if spec.model in families or spec.column in models]
    for row in wanted:
        candidates = families if models else sorted(in_suite) if row in new_rows else []
        under = [found for name, found in zip(tasks or (), had, strict=True) if name in (row, rows[row])]
        lacking = [model for model in candidates if any(model not in found for found in under or [in_suite])]
        chosen += [missing(suite, row, rows[row], model) for model in lacking]
    return chosen


def task_of(row: str, catalogue: Catalogue, rows: Iterable[str]) -> str:
    """Return the task of a row that a suite lacks: a configured one, or a task that names it; `rows` may be chosen."""
    tasks = list(catalogue.entries["task"])
    if row not in CONFIGURED and row not in tasks:
        raise no_such("task", row, tasks, "rows", [*rows, *CONFIGURED])
    return CONFIGURED[row].task if row in CONFIGURED else row


def check_column(suite: Suite, catalogue: Catalogue, column: str, tasks: list[str] | None) -> None:
    """Raise unless a suite has a column, and has it in each of the rows or tasks that are named beside it."""
    columns = {spec.column for spec in suite.specs}
    if column not in columns:
        raise no_such("model", column, list(catalogue.entries["model"]), f"columns of suite {suite.name}", columns)
    for name in tasks or ():
        here = {spec.column for spec in suite.specs if name in (spec.row, spec.task)}
        if column not in here:
            rows = dict.fromkeys(spec.row for spec in suite.specs if spec.column == column)
            raise RequestError(f"suite {suite.name!r} has {column!r} only in {', '.join(rows)}; got task {name!r}")


def no_such(kind: str, name: str, choices: list[str], others: str, further: Iterable[str]) -> RequestError:
    """Return the error for a name that is neither one of the choices nor one of the others."""
    error = choose_from(kind, name, choices)
    rest = sorted(set(further) - set(choices))
    return RequestError(f"{error}; {others}: {', '.join(rest)}") if rest else error


def missing(suite: Suite, row: str, task: str, model: str) -> Spec:
    """Return a spec for a pair that the suite lacks: by its recipe, or the row's budget; the suite's examples."""
    examples = suite.specs[0].examples
    return recipe(row, model, examples=examples) if row in CONFIGURED else Spec(task, model, row=row, examples=examples)


def changed(spec: Spec, catalogue: Catalogue, changes: list[Change], steps: int | None) -> Spec:
    """Apply changes; whatever departs from the suite shows in the names of row and column."""
    entries = {"task": catalogue.find("task", spec.task), "model": catalogue.find("model", spec.model)}
    values: dict[str, dict[str, Any]] = {"task": {}, "model": {}, "train": {} if steps is None else {"steps": steps}}
    for change in changes:
        values[change.part][change.name] = change.value(entries.get(change.part))
    task_settings, row = {**spec.task_settings, **values["task"]}, spec.row
    if values["task"]:
        row = name_of(spec.task, task_settings, label(row, values["task"]))
    try:
        return replace(
            spec,
            task_settings=task_settings,
            model_settings={**spec.model_settings, **values["model"]},
            row=row,
            column=label(spec.column, values["model"], values["train"].items()),
            variant={**spec.variant, **values["model"], **values["train"]},
            **values["train"],
        )
    except ValueError as error:
        raise RequestError(str(error)) from error


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
