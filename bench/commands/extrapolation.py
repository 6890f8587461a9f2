"""`extrapolation`: how far past training a run's families hold."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.commands import places
from bench.commands.arguments import add_out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_out(parser, places.RUNS / "extrapolate")
    parser.add_argument("--page", type=Path, metavar="FILE", help="also write the page there: docs/extrapolation.md")


def run(options: argparse.Namespace) -> int:
    """Write the page of a run; print what holds farthest on every task."""
    from rich.table import Table

    from bench.commands.console import Terminal
    from bench.studies.extrapolation.tables import adversarial_at_end, horizons, solved
    from bench.studies.extrapolation.write import write_extrapolation

    found = write_extrapolation(options.out, options.page)
    terminal = Terminal()
    table = Table("task", "best family", "L99 random", "L99 adversarial", "farthest", "solved", "adversarial")
    for task, (best, *_) in found.tasks.items():
        cells = [*horizons(best), f"{best.longest:,}", solved(best, best.longest), adversarial_at_end(best)]
        table.add_row(task, best.model, *cells)
    terminal.print(table)
    terminal.notes(found.missing)
    written = [options.out / "extrapolation.md", *([options.page] if options.page else [])]
    terminal.say(f"extrapolation: {', '.join(map(places.shown, written))}")
    return 0
