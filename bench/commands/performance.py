"""`performance`: the time and memory of training steps, beside plain loops and the matrix products that they need."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from bench.commands import places
from bench.commands.arguments import names, whole

ROUNDS = 8
MEASURED = places.RUNS / "performance.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--out", type=Path, default=MEASURED, metavar="FILE", help=f"its file ({places.shown(MEASURED)})"
    )
    parser.add_argument("--page", type=Path, metavar="FILE", help="also write the page there: docs/performance.md")
    parser.add_argument("--families", metavar="A,B", help="only these (all that can be trained on copy)")
    parser.add_argument(
        "--rounds", type=whole(1), default=ROUNDS, metavar="N", help=f"the least of so many rounds counts ({ROUNDS})"
    )
    parser.add_argument("--measured", action="store_true", help="time nothing: show what the file has")


def run(options: argparse.Namespace) -> int:
    """Time every case in turn and write what was found, or read it; print the tables."""
    from bench.commands.console import Terminal
    from bench.probes.performance.measurement import read_measurement, write_measurement
    from bench.studies.performance import page
    from bench.studies.performance.cases import cases
    from bench.views.terminal import Fitted

    terminal = Terminal()
    if not options.measured:
        asked = cases(names(options.families, "--families") or ())
        os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # the profiler warns of memory that was there before it
        from bench.probes.performance.measure import measure

        with terminal.status("") as status:
            measured = measure(asked, options.rounds, status.update)
        write_measurement(options.out, measured)
    found = read_measurement(options.out)
    for title, columns, rows in (
        ("a training step on copy", page.OF_FAMILIES, page.families(found)),
        ("beside loops of others", page.OF_PEERS, page.beside(found)),
    ):
        if rows:
            terminal.print(Fitted([each.column for each in columns], page.lines(found, columns, rows), title))
    if options.page:
        page.write_page(found, options.page)
    terminal.say(f"limit: {found.limit / 1e9:.0f} x 10^9 operations a second of a large matrix product")
    written = [options.out, *([options.page] if options.page else [])]
    terminal.say(f"performance: {', '.join(map(places.shown, written))}")
    return 0
