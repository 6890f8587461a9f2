"""What a request asks for: from suite, names and changes to specs."""

from __future__ import annotations

from dataclasses import replace

from bench.catalogue import Catalogue
from bench.errors import RequestError
from bench.recipes import ROWS, recipe
from bench.settings import Change, label
from bench.spec import Spec
from bench.suites import Suite


def plan(
    suite: Suite,
    catalogue: Catalogue,
    tasks: list[str] | None,
    models: list[str] | None,
    changes: list[Change],
    steps: int | None,
) -> list[Spec]:
    """Return the specs that a request selects, changed as it says; each name and setting is checked."""
    specs = [changed(spec, catalogue, changes, steps) for spec in select(suite, catalogue, tasks, models)]
    if not specs:
        raise RequestError(f"suite {suite.name!r} has no pair of tasks {tasks} and models {models}")
    for entry in (found for kind in catalogue.entries.values() for found in kind.values()):
        if entry.file in catalogue.plugins and entry.name not in {name for s in specs for name in (s.task, s.model)}:
            raise RequestError(
                f"{entry.kind} {entry.name!r} of a plug-in is not selected; name it with --{entry.kind}s"
            )
    return specs


def select(suite: Suite, catalogue: Catalogue, tasks: list[str] | None, models: list[str] | None) -> list[Spec]:
    """Return the suite's pairs under these names, and pairs that it lacks where both names are given or new to it."""
    rows = {spec.row: spec.task for spec in suite.specs}
    for name in tasks or ():
        if name not in rows and not any(task == name for task in rows.values()):
            catalogue.find("task", name)
            rows[name] = name
    for name in models or ():
        catalogue.find("model", name)
    wanted = [row for row, task in rows.items() if not tasks or row in tasks or task in tasks]
    chosen = [spec for spec in suite.specs if spec.row in wanted and (not models or spec.model in models)]
    known = {(spec.row, spec.model) for spec in suite.specs}
    in_suite = {spec.model for spec in suite.specs}
    for row in wanted:
        is_new = all(spec.row != row for spec in suite.specs)
        for model in models or (sorted(in_suite) if is_new else ()):
            if (row, model) not in known and (tasks or model not in in_suite):
                chosen.append(missing(suite, row, rows[row], model))
    return chosen


def missing(suite: Suite, row: str, task: str, model: str) -> Spec:
    """Return a spec for a pair that the suite lacks: the row's own budget, the suite's number of examples."""
    examples = suite.specs[0].examples
    return recipe(row, model, examples=examples) if row in ROWS else Spec(task, model, row=row, examples=examples)


def changed(spec: Spec, catalogue: Catalogue, changes: list[Change], steps: int | None) -> Spec:
    """Apply changes; whatever departs from the suite shows in the row's name."""
    task, model = catalogue.find("task", spec.task), catalogue.find("model", spec.model)
    values: dict[str, dict[str, object]] = {"task": {}, "model": {}, "train": {} if steps is None else {"steps": steps}}
    for change in changes:
        entry = {"task": task, "model": model, "train": None}[change.part]
        values[change.part][change.name] = change.value(entry)
    try:
        return replace(
            spec,
            task_settings={**spec.task_settings, **values["task"]},
            model_settings={**spec.model_settings, **values["model"]},
            row=label(spec.row, values["task"]),
            column=label(spec.column, values["model"], values["train"].items()),
            **values["train"],  # type: ignore[arg-type]  # each was read as its field's type
        )
    except ValueError as error:
        raise RequestError(str(error)) from error


def parse_seeds(text: str) -> list[int]:
    """Read --seeds: a number of seeds, or a list such as 0,1,2."""
    try:
        numbers = [int(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise RequestError(f"cannot read seeds {text!r}; write a number of seeds or a list such as 0,1,2") from error
    if "," not in text:
        numbers = list(range(numbers[0])) if numbers and numbers[0] > 0 else []
    if not numbers or min(numbers) < 0 or len(set(numbers)) < len(numbers):
        raise RequestError(f"seeds must be 0 or more, each once, and at least one; got {text!r}")
    return numbers
