"""`history`: a run's headline numbers, kept under this commit."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.commands import places


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run", nargs="?", type=Path, default=places.RUNS / "quick", metavar="RUN")
    parser.add_argument("--file", type=Path, default=places.BASELINE / "history.csv", metavar="CSV")


def run(options: argparse.Namespace) -> int:
    """Keep a run's headline numbers, and draw all that are kept; refused like a promotion where code moved."""
    from bench.analysis.promote import append, checked_groups, read_history
    from bench.records.store import write_atomically
    from bench.views.charts.scores import history_drawing

    groups, commit = checked_groups(options.run)
    count = append(options.file, groups, commit, places.suite_of(options.run))
    picture = options.file.with_suffix(".png")
    write_atomically(picture, *history_drawing(read_history(options.file)).files("png"))
    print(f"{count} pairs at {commit[:7]} kept in {places.shown(options.file)}, drawn in {places.shown(picture)}")
    return 0
