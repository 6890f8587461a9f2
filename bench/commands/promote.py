"""`promote`: make a run the committed reference run of its suite."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.commands import places


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a folder such as results/runs/quick")


def run(options: argparse.Namespace) -> int:
    """Put a run's records, packed, and tables in place of the reference run's; say what changes."""
    from bench.analysis.promote import promote
    from bench.views.tables import write_tables

    reference = places.BASELINE / places.suite_of(options.run)
    for line in promote(options.run, reference):
        print(line)
    write_tables(reference, reference.name)
    print(f"promoted to {places.shown(reference)}; commit it")
    return 0
