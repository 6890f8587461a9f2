"""What the command `show` does: examples of a task, and a model's answers beside the truth."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bench.commands import run as commands
from bench.commands.run import FINE, at_least, make_console, shown
from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError

if TYPE_CHECKING:
    from rich.console import Console

    from bench.spec.spec import Spec
    from models.base import Model


def show(options: argparse.Namespace) -> int:
    """Print examples and predictions."""
    from bench.spec.settings import parse_change
    from bench.suites.resolve import specs_named

    catalogue, changes = Catalogue(tuple(options.plugin)), [parse_change(text) for text in options.changes]
    at_least("--length", options.length, 1)
    at_least("--count", options.count, 1)
    specs = specs_named(catalogue, options.task, options.model or "majority", changes, options.steps)
    from bench.checks.prepare import check_specs, choose_device
    from bench.probes.show import check_length, show
    from bench.trial.build import build_task

    if options.model or options.plugin:
        check_specs(specs, tuple(options.plugin), explicit=bool(options.model))
    check_length(build_task(specs[0].task, specs[0].task_settings), options.length)
    console, device = make_console(), choose_device(options.device)
    model, spec = ready_model(options, catalogue, specs, console, device) if options.model else (None, specs[0])
    try:
        show(console, spec, options.length, options.count, model, device)
    except ValueError as error:  # positions that end in a table
        raise RequestError(f"{spec.column} on {spec.row}: {error}") from error
    return FINE


def ready_model(
    options: argparse.Namespace, catalogue: Catalogue, specs: list[Spec], console: Console, device: str
) -> tuple[Model, Spec]:
    """Return the model of the first spec whose weights a run kept, else one that is trained or fitted now."""
    from bench.execution.cell import make_cells
    from bench.execution.trained import kept_model, train_cell
    from bench.trial.build import build_model, build_task

    cells = make_cells(specs, [0], catalogue)
    found = kept_model(cells, [options.out] if options.out else sorted(commands.RUNS.glob("*")), device)
    if found:
        model, cell, run = found
        console.print(
            f"weights of {cell.spec.column} kept in {shown(run)}", markup=False, highlight=False, soft_wrap=True
        )
        return model, cell.spec
    spec = specs[0]
    task = build_task(spec.task, spec.task_settings)
    fitted = not build_model(spec.model, task, spec.model_settings).trainable
    work = f"fitting {spec.column} on {spec.row} ..."
    if not fitted:
        work = f"training {spec.column} on {spec.row}: {spec.steps} steps at most ..."
    console.print(work, markup=False, highlight=False, soft_wrap=True)
    return train_cell(cells[0], device), spec
