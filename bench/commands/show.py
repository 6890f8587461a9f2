"""`show`: examples of a task, and a model's answers beside the truth."""

from __future__ import annotations

import argparse

from bench.commands.arguments import add_out, add_training, changes_of, plugins_of, whole
from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("task", metavar="TASK", help="a task, or a row of a suite's tables")
    parser.add_argument(
        "--length", type=whole(1), metavar="N", help="of the strings; default: inside training and beyond"
    )
    parser.add_argument("--count", type=whole(1), default=3, metavar="K", help="examples a length (3)")
    parser.add_argument("--model", metavar="M", help="a family or column: by the weights that a run kept, else trained")
    add_out(parser)
    add_training(parser)


def run(options: argparse.Namespace) -> int:
    """Print examples and predictions."""
    from bench.commands.console import Terminal
    from bench.execution.job import make_jobs
    from bench.suites.plan import specs_named

    catalogue = Catalogue(plugins_of(options))
    specs = specs_named(catalogue, options.task, options.model or "majority", changes_of(options), options.steps)
    from bench.checks.prepare import check_specs, choose_device
    from bench.probes.show import check_length, show
    from bench.trial.build import build_task

    if options.model or options.plugin:
        check_specs(specs, catalogue.plugins, explicit=bool(options.model))
    check_length(build_task(specs[0].task, specs[0].task_settings), options.length)
    terminal, device, spec, model = Terminal(), choose_device(options.device), specs[0], None
    if options.model:
        from bench.commands.ready import ready_model

        if found := ready_model(make_jobs(specs, [0], catalogue), options.out, device, terminal.say):
            model, spec = found[0], found[1].spec
    try:
        show(terminal, spec, options.length, options.count, model, device)
    except ValueError as error:  # positions that end in a table
        raise RequestError(f"{spec.column} on {spec.row}: {error}") from error
    return 0
