"""Rows as they are posed to other programs: a task with its settings, and how many examples judge it."""

from __future__ import annotations

from dataclasses import replace

from bench.spec.catalogue import Catalogue
from bench.spec.errors import choose_from
from bench.spec.spec import Spec
from bench.suites.plan import specs_named
from bench.suites.suites import SUITES, find_suite
from bench.trial.build import build_task, load_plugin
from tasks.base import Task

TABLE = "full"  # the suite whose rows come first
NOBODY = "majority"  # a family that every row suits: its spec stands for the row's


def row_of(catalogue: Catalogue, row: str, suite: str | None = None) -> tuple[str, Spec, Task]:
    """Return the suite that poses a row, by default the whole table or else the first that has it, its spec, its task.

    A row that no suite has is a task's name, posed by its recipe; "" is its suite. Of a row's families the first one's
    number of examples counts. An unknown name says which exist.
    """
    for plugin in catalogue.plugins:
        load_plugin(plugin)
    suites = [find_suite(suite or TABLE), *(() if suite else SUITES.values())]
    for each in suites:
        for spec in each.specs:
            if spec.row == row:
                return each.name, spec, build_task(spec.task, spec.task_settings)
    if suite:
        rows = sorted({spec.row for spec in find_suite(suite).specs})
        raise choose_from("row", row, rows)
    spec = specs_named(catalogue, row, NOBODY, [])[0]
    spec = replace(spec, examples=Spec("", "").examples)
    return "", spec, build_task(spec.task, spec.task_settings)
