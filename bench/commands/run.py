"""What each command does; heavy imports wait until a command needs them."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.spec.catalogue import ROOT, Catalogue
from bench.spec.errors import RequestError
from bench.spec.settings import split_names

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from bench.execution.cell import Cell
    from bench.spec.spec import Spec
    from bench.suites.suites import Suite

BASELINE = ROOT / "results" / "baseline"
RUNS = ROOT / "results" / "runs"
FINE, FAILED = 0, 1
LOG_WIDTH = 120


def list_all(options: argparse.Namespace) -> int:
    """Print what exists."""
    from bench.views.listing import listing, listing_text

    found = listing(Catalogue(tuple(options.plugin)))
    chosen = {options.kind: found[options.kind]} if options.kind else found
    print(json.dumps(chosen, indent=1) if options.json else listing_text(chosen))
    return FINE


def run(options: argparse.Namespace) -> int:
    """Train, score, write tables."""
    from bench.analysis.tables import write_tables
    from bench.execution.cell import is_fresh, make_cells
    from bench.execution.trackers import check_trackers
    from bench.suites.plan import parse_seeds
    from bench.suites.suites import find_suite

    console = make_console()
    suite = find_suite(options.suite)
    catalogue = Catalogue(tuple(options.plugin))
    options.tasks = names(options.tasks, "--tasks", catalogue.entries["task"])
    options.models = names(options.models, "--models", catalogue.entries["model"])
    specs, notes = planned(options, suite, catalogue)
    seeds = parse_seeds(options.seeds) if options.seeds is not None else list(range(suite.seeds))
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", options.device):  # which GPUs there are is asked only if one is needed
        raise RequestError(f"unknown device {options.device!r}; choose from: auto, cpu, cuda, cuda:N")
    at_least("--jobs", options.jobs, 1)
    at_least("--threads", options.threads, 1)
    check_trackers(options.track)
    out = options.out or RUNS / suite.name
    writable(out / "records")
    cells = make_cells(specs, seeds, catalogue, options.checkpoint)
    for line in notes:
        console.print(f"note: {line}", markup=False, highlight=False, soft_wrap=True)
    failures: list[str] = []
    if all(is_fresh(cell, out / "records") for cell in cells):
        console.print(f"all {len(cells)} cells have fresh records: nothing to train", highlight=False)
    else:
        failures = train(console, options, cells, specs, out / "records")
    _, board, problems = write_tables(out, suite.name)
    report(console, board, out, problems)
    for line in failures:
        print(f"failed: {line}", file=sys.stderr)
    return FAILED if failures else FINE


def planned(options: argparse.Namespace, suite: Suite, catalogue: Catalogue) -> tuple[list[Spec], list[str]]:
    """Return the specs that a run's options ask for, and what there is to say about their sizes."""
    from bench.spec.settings import parse_change
    from bench.suites.plan import parse_parameters, plan

    changes = [parse_change(text) for text in options.changes]
    asked = suite, catalogue, options.tasks, options.models, changes, options.steps
    if options.parameters is None:
        return plan(*asked), []
    parameters = parse_parameters(options.parameters)
    from bench.checks.sizes import Matching  # which needs torch

    matching = Matching(parameters, catalogue)
    specs = plan(*asked, matching)
    return specs, matching.notes(specs)


def train(
    console: Console, options: argparse.Namespace, cells: list[Cell], specs: list[Spec], records: Path
) -> list[str]:
    """Check the specs, run the cells that have no fresh record, say how long it took; return what failed."""
    from bench.checks.prepare import check_specs, choose_device
    from bench.execution.cell import is_fresh
    from bench.execution.progress import Display
    from bench.execution.runner import Report, run_cells
    from bench.execution.tracking import Trackers
    from bench.records.stale import set_aside_stale

    device = choose_device(options.device)
    kept, skipped = check_specs(specs, tuple(options.plugin), bool(options.tasks and options.models))
    say = partial(console.print, markup=False, highlight=False, soft_wrap=True)
    for line in skipped:
        say(line)
    cells = [cell for cell in cells if cell.spec in kept]
    aside = set_aside_stale(cells, records)
    if aside:
        console.print(f"{aside} records of other settings or code were set aside in {shown(records / 'stale')}")
    finished = sum(is_fresh(cell, records) for cell in cells)
    jobs = options.jobs or (1 if device.startswith("cuda") else cores())
    started = time.perf_counter()
    with Display(console, cells, finished) as display, Trackers(options.track, records.parent, say) as trackers:

        def listen(report: Report) -> None:
            display.listen(report)
            trackers.listen(report)

        failures = run_cells(cells, records, device, jobs, options.threads, listen)
    console.print(f"{len(cells) - finished} cells in {time.perf_counter() - started:.0f} s", highlight=False)
    return failures


def report(console: Console, board: pd.DataFrame, out: Path, problems: list[str]) -> None:
    """Print the leaderboard and where the tables are."""
    from bench.views.terminal import leaderboard_table

    console.print(leaderboard_table(board))
    for line in problems:
        console.print(f"note: {line}", markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"tables: {shown(out / 'leaderboard.md')}, {shown(out / 'by_length.csv')}", highlight=False, soft_wrap=True
    )


def tables(options: argparse.Namespace) -> int:
    """Rebuild tables."""
    from bench.analysis.tables import write_tables

    _, board, problems = write_tables(options.out, options.out.name)
    report(make_console(), board, options.out, problems)
    return FINE


def report_page(options: argparse.Namespace) -> int:
    """Write the page of a run and its figures."""
    from bench.views.report import write_figures, write_report

    suite = options.out.resolve().name
    page, (figure, *_) = write_report(options.out, suite), write_figures(options.out, suite)
    make_console().print(f"report: {shown(page)}, figures: {shown(figure.parent)}", highlight=False, soft_wrap=True)
    return FINE


def readme(options: argparse.Namespace) -> int:
    """Rewrite the README's tables."""
    from bench.views.readme import refresh

    page = ROOT / "README.md"
    print(f"{shown(page)}: {'rewritten' if refresh(page, ROOT) else 'up to date'}")
    return FINE


def promote(options: argparse.Namespace) -> int:
    """Make a run the baseline."""
    from bench.analysis.promote import promote

    baseline = BASELINE / options.run.resolve().name
    for line in promote(options.run, baseline):
        print(line)
    print(f"promoted to {shown(baseline)}; commit it")
    return FINE


def make_console() -> Console:
    """Return the console; where there is no terminal, lines are wide, for logs."""
    from rich.console import Console

    console = Console()
    return console if console.is_terminal else Console(width=LOG_WIDTH)


def names(text: str | None, option: str, known: Iterable[str] = ()) -> list[str] | None:
    """Split a list of names; see `split_names`."""
    if text is None:
        return None
    found = split_names(text, known)
    if not found:
        raise RequestError(f"{option} names nothing; got {text!r}")
    return found


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def at_least(option: str, value: int | None, least: int) -> None:
    """Raise unless a number that was given is large enough."""
    if value is not None and value < least:
        raise RequestError(f"{option} must be {least} or more; got {value}")


def writable(folder: Path) -> None:
    """Raise unless a folder can be made and written in, before anything is trained for it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RequestError(f"cannot write in {str(folder)!r}: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise RequestError(f"cannot write in {str(folder)!r}: permission denied")


def shown(path: Path) -> str:
    """A path as people type it."""
    full = path.resolve()
    return str(full.relative_to(Path.cwd())) if full.is_relative_to(Path.cwd()) else str(path)
