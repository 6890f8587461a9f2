"""`claims`: every claim of the teaching notebooks, evaluated by a run."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.commands import places
from bench.commands.arguments import add_out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_out(parser, places.RUNS / "lessons")
    parser.add_argument("--page", type=Path, metavar="FILE", help="also write the page there, such as docs/claims.md")


def run(options: argparse.Namespace) -> int:
    """Print the verdict of every claim; write the table, the page and the pictures."""
    from bench.commands.console import Terminal
    from bench.studies.claims.write import write_claims
    from bench.views.columns import Column
    from bench.views.terminal import Fitted

    judged, problems = write_claims(options.out, options.page)
    columns = [
        Column("verdict", "verdict", rank=0, words=True),
        Column("statement", "claim", rank=0, words=True, wraps=True),
        Column("evidence", "evidence", rank=1, words=True, wraps=True),
    ]
    terminal = Terminal()
    terminal.print(Fitted(columns, [(one.verdict.word, one.claim.statement, one.evidence) for one in judged]))
    terminal.notes(problems)
    written = [options.out / "lessons.md", options.out / "claims.csv", *([options.page] if options.page else [])]
    terminal.say(f"claims: {', '.join(map(places.shown, written))}")
    return 0
