"""What the command `extrapolation` does: print the best family of every task, write the page and its pictures."""

from __future__ import annotations

import argparse

from bench.commands.run import FINE, make_console, shown


def extrapolation(options: argparse.Namespace) -> int:
    """Write the page of a run; print what holds farthest on every task."""
    from rich.table import Table

    from bench.studies.extrapolation.tables import adversarial_at_end, horizons, solved
    from bench.studies.extrapolation.write import write_extrapolation

    found = write_extrapolation(options.out, options.page)
    console = make_console()
    table = Table("task", "best family", "L99 random", "L99 adversarial", "farthest", "solved", "adversarial")
    for task, (best, *_) in found.tasks.items():
        cells = [*horizons(best), f"{best.longest:,}", solved(best, best.longest), adversarial_at_end(best)]
        table.add_row(task, best.model, *cells)
    console.print(table, markup=False)
    for line in found.missing:
        console.print(f"note: {line}", markup=False, highlight=False, soft_wrap=True)
    page = "" if options.page is None else f", {shown(options.page)}"
    console.print(f"extrapolation: {shown(options.out / 'extrapolation.md')}{page}", highlight=False, soft_wrap=True)
    return FINE
