"""`claims`: every claim of the teaching notebooks, evaluated by a run."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.commands import places
from bench.commands.arguments import add_out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_out(parser, places.RUNS / "lessons")
    parser.add_argument("--page", type=Path, metavar="FILE", help="also write the page there, such as docs/lessons.md")


def run(options: argparse.Namespace) -> int:
    """Print the verdict of every claim; write the table, the page and the pictures."""
    from rich.table import Table

    from bench.commands.console import Terminal
    from bench.studies.claims.words import evidence
    from bench.studies.claims.write import write_lessons

    judged, problems = write_lessons(options.out, options.page)
    terminal, table = Terminal(), Table("verdict", "claim", "evidence")
    for one in judged:
        table.add_row(one.verdict.word, one.claim.statement, evidence(one.claim, one.verdict))
    terminal.print(table)
    terminal.notes(problems)
    written = [options.out / "lessons.md", options.out / "claims.csv", *([options.page] if options.page else [])]
    terminal.say(f"lessons: {', '.join(map(places.shown, written))}")
    return 0
