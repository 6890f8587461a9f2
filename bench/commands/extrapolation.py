"""What the command `extrapolation` does: print the best family of every task, write the page and its pictures."""

from __future__ import annotations

import argparse

from bench.commands.run import FINE, make_console, shown


def extrapolation(options: argparse.Namespace) -> int:
    """Write the page of a run; print what holds farthest on every task."""
    from bench.studies.extrapolation.tables import BRIEF, brief
    from bench.studies.extrapolation.write import write_extrapolation
    from bench.views.terminal import Fitted

    found = write_extrapolation(options.out, options.page)
    console = make_console()
    console.print(Fitted(BRIEF, [brief(task, best) for task, (best, *_) in found.tasks.items()]))
    for line in found.missing:
        console.print(f"note: {line}", markup=False, highlight=False, soft_wrap=True)
    page = "" if options.page is None else f", {shown(options.page)}"
    written = f"extrapolation: {shown(options.out / 'extrapolation.md')}{page}"
    console.print(written, markup=False, highlight=False, soft_wrap=True)
    return FINE
