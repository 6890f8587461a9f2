"""`power`: how often `compare` errs on a suite as noisy as a run."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.commands import places
from bench.commands.arguments import share, whole
from bench.spec.errors import RequestError

MANY = 20  # seeds of a reference that is worth its training


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run", nargs="?", type=Path, default=places.BASELINE / "quick", metavar="RUN")
    parser.add_argument("--drop", type=share, default=0.1, metavar="POINTS", help="the drop to be found (10)")
    parser.add_argument("--alike", type=share, default=0.6, metavar="PERCENT", help="correlation of shared seeds (60)")
    parser.add_argument("--suites", type=whole(1), default=2000, metavar="N", help="simulated suites a figure (2000)")
    parser.add_argument("--page", type=Path, metavar="FILE", help="also put the table between the markers of this page")


def run(options: argparse.Namespace) -> int:
    """Print how often the regression check would err on a suite as noisy as a run."""
    import numpy as np

    from bench.analysis.compare import alone, read_cells
    from bench.analysis.power import noise_of
    from bench.views.rates import rates_page
    from bench.views.readme import replace_block

    run = alone(read_cells(options.run, None, None)[0])
    seeds = int(np.median(run.seeds))
    if seeds < 2:
        raise RequestError(
            f"{str(options.run)!r} has one seed a pair: its noise over seeds is unknown, run two or more"
        )
    designs = list(dict.fromkeys([(3, 3), (5, 5), (seeds, 3), (seeds, 5), (MANY, 5)]))
    page = rates_page(noise_of(run, run.pairs), designs, options.alike, options.drop, options.suites)
    if options.page:
        replace_block(options.page, "power", f"\n{page}\n")
    print(page, end="")
    return 0
