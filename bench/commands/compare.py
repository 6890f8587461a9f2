"""What the commands of the regression gate do: compare, power, history."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bench.commands.run import BASELINE, FAILED, FINE, at_least, make_console, names, shown
from bench.spec.errors import RequestError

if TYPE_CHECKING:
    from bench.analysis.compare import Comparison

HISTORY = BASELINE / "history.csv"


def compare(options: argparse.Namespace) -> int:
    """Say what a run changed against a baseline; exit code 1 where anything got worse."""
    from bench.analysis.compare import compare
    from bench.views.verdict import as_markdown

    tolerance = share(options.tolerance, "--tolerance")
    base = options.base or BASELINE / options.new.resolve().name
    if not base.exists():
        raise RequestError(f"no baseline {shown(base)}; give BASE, a folder or a table of an earlier run")
    tasks, models = names(options.tasks, "--tasks"), names(options.models, "--models")
    found = compare(base, options.new, tolerance, tasks, models)
    if options.markdown:
        print(as_markdown(found, tolerance), end="")
    else:
        print_comparison(found, tolerance)
    return FAILED if found.regressed else FINE


def print_comparison(found: Comparison, tolerance: float) -> None:
    """Print a table for each verdict, then the headline."""
    from bench.views.terminal import Fitted
    from bench.views.verdict import headline, sections

    console = make_console()
    for part in sections(found):
        console.print(Fitted(part.columns, part.lines, part.title))
    for note in found.notes:
        console.print(f"note: {note}", markup=False, highlight=False, soft_wrap=True)
    console.print(headline(found, tolerance), markup=False, highlight=False, soft_wrap=True)


def power(options: argparse.Namespace) -> int:
    """Print how often the gate would err on a suite as noisy as a run."""
    import numpy as np

    from bench.analysis.compare import read_cells, sample
    from bench.analysis.power import noise_of
    from bench.analysis.regression import learn
    from bench.views.readme import replace_block
    from bench.views.verdict import rates_table

    at_least("--suites", options.suites, 1)
    cells, _ = read_cells(options.run, None, None)
    pair = cells.groupby(["task", "model"]).ngroup().to_numpy().astype(np.int64)
    run = sample(cells.add_suffix("_run"), "run")
    seeds = int(np.median(run.seeds))
    if seeds < 2:
        raise RequestError(
            f"{str(options.run)!r} has one seed a pair: its noise over seeds is unknown, run two or more"
        )
    designs = dict.fromkeys([(3, 3), (5, 5), (seeds, 3), (seeds, 5)])
    drop = share(options.drop, "--drop")
    table = rates_table(noise_of(run, pair), designs, learn(run), drop, options.suites)
    if options.page:
        replace_block(options.page, "power", f"\n{table}\n")
    print(table, end="")
    return FINE


def history(options: argparse.Namespace) -> int:
    """Keep a run's headline numbers under this commit, and draw all that are kept.

    Refused, like a promotion, unless all of the run was made by this very code, committed.
    """
    from bench.analysis.history import append, read_history
    from bench.analysis.promote import checked_groups
    from bench.records.store import write_atomically
    from bench.views.charts.history import history_chart
    from bench.views.charts.panel import png_of

    groups, commit = checked_groups(options.run)
    count = append(options.file, groups, commit, options.run.resolve().name)
    picture = options.file.with_suffix(".png")
    write_atomically(picture, png_of(history_chart(read_history(options.file))))
    print(f"{count} pairs at {commit[:7]} kept in {shown(options.file)}, drawn in {shown(picture)}")
    return FINE


def share(points: float, option: str) -> float:
    """Read percentage points."""
    if not 0 <= points <= 100:
        raise RequestError(f"{option} must be between 0 and 100 points; got {points:g}")
    return points / 100


def default_run() -> Path:
    """Return the baseline that most people compare with."""
    return BASELINE / "quick"
