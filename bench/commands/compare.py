"""`compare`: what a run changed against the reference run."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path

from bench.commands import places
from bench.commands.arguments import names, share
from bench.spec.errors import RequestError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("base", nargs="?", type=Path, metavar="BASE", help="default: results/baseline/NAME OF NEW")
    parser.add_argument("new", type=Path, metavar="NEW", help="a run's folder, its by_length.csv or leaderboard.csv")
    parser.add_argument(
        "--tolerance", type=share, default=0.02, metavar="POINTS", help="smaller drops do not count (2)"
    )
    parser.add_argument("--tasks", metavar="A,B", help="only these tasks, by their names in the tables")
    parser.add_argument("--models", metavar="C,D", help="only these models, by their names in the tables")
    parser.add_argument("--markdown", action="store_true", help="for pasting into a pull request")


def run(options: argparse.Namespace) -> int:
    """Say what a run changed; exit code 1 where anything got worse."""
    from bench.analysis.compare import compare
    from bench.commands.console import Terminal
    from bench.views.verdict import as_markdown, headline, method, sections

    base = options.base or places.BASELINE / places.suite_of(options.new)
    if not base.exists():
        raise RequestError(f"no baseline {places.shown(base)}; give BASE, a folder or a table of an earlier run")
    tasks = names(options.tasks, "--tasks", known(options.new, "task", options.tasks))
    models = names(options.models, "--models", known(options.new, "model", options.models))
    found = compare(base, options.new, options.tolerance, tasks, models)
    if options.markdown:
        print(as_markdown(found, options.tolerance), end="")
    else:
        terminal = Terminal()
        for part in sections(found):
            terminal.print(part)
        terminal.notes(found.notes)
        for line in (headline(found, options.tolerance), *method(found)):
            terminal.say(line)
    return 1 if found.regressed else 0


def known(run: Path, column: str, text: str | None) -> Collection[str]:
    """Return the names in a run's tables, where a list of names has commas that may belong to one of them."""
    from bench.analysis.compare import read_cells

    return set(read_cells(run, None, None)[0][column]) if text and "," in text else ()
