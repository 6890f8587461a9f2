"""`extrapolation`: how far past training a run's families hold."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.commands import places
from bench.commands.arguments import add_out

SHOWN = {  # headings of the page's summary, each with its rank: the highest leaves a narrow terminal first
    "task": 0,
    "best family": 0,
    "L99 random": 1,
    "solved there": 2,
    "L99 adversarial": 3,
    "longest length": 4,
    "adversarial there": 5,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_out(parser, places.RUNS / "extrapolate")
    parser.add_argument("--suite", default="", metavar="NAME", help="only the rows of this suite")
    parser.add_argument("--page", type=Path, metavar="FILE", help="also write the page there: docs/extrapolation.md")


def run(options: argparse.Namespace) -> int:
    """Write the page of a run; print what holds farthest on every task."""
    from bench.commands.console import Terminal
    from bench.studies.extrapolation.page import write_extrapolation
    from bench.studies.extrapolation.tables import best_cells
    from bench.views.columns import Column
    from bench.views.terminal import Fitted

    found = write_extrapolation(options.out, options.page, options.suite)
    terminal = Terminal()
    columns = [Column(heading, heading, rank=rank, words=not rank) for heading, rank in SHOWN.items()]
    best = [best_cells(task, best) for task, (best, *_) in found.tasks.items()]
    terminal.print(Fitted(columns, [[cells[heading] for heading in SHOWN] for cells in best]))
    terminal.notes(found.missing)
    written = [options.out / "extrapolation.md", *([options.page] if options.page else [])]
    terminal.say(f"extrapolation: {', '.join(map(places.shown, written))}")
    return 0
