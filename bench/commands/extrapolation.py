"""What the command `extrapolation` does: print the best family of every task, write the page and its pictures."""

from __future__ import annotations

import argparse

from bench.commands.run import FINE, make_console, shown

SHOWN = {  # headings of the page's summary, each with its rank: the highest leaves a narrow terminal first
    "task": 0,
    "best family": 0,
    "L99 random": 1,
    "solved there": 2,
    "L99 adversarial": 3,
    "longest length": 4,
    "adversarial there": 5,
}


def extrapolation(options: argparse.Namespace) -> int:
    """Write the page of a run; print what holds farthest on every task."""
    from bench.studies.extrapolation.tables import best_cells
    from bench.studies.extrapolation.write import write_extrapolation
    from bench.views.columns import Column
    from bench.views.terminal import Fitted

    found = write_extrapolation(options.out, options.page)
    console = make_console()
    columns = [Column(heading, heading, rank=rank, words=not rank) for heading, rank in SHOWN.items()]
    best = [best_cells(task, best) for task, (best, *_) in found.tasks.items()]
    console.print(Fitted(columns, [[cells[heading] for heading in SHOWN] for cells in best]))
    for line in found.missing:
        console.print(f"note: {line}", markup=False, highlight=False, soft_wrap=True)
    page = "" if options.page is None else f", {shown(options.page)}"
    written = f"extrapolation: {shown(options.out / 'extrapolation.md')}{page}"
    console.print(written, markup=False, highlight=False, soft_wrap=True)
    return FINE
