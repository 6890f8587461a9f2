"""What the command `lessons` does: judge every claim by a run, print the verdicts, write their page."""

from __future__ import annotations

import argparse

from bench.commands.run import FINE, make_console, shown


def lessons(options: argparse.Namespace) -> int:
    """Print the verdict of every claim; write the table, the page and the pictures."""
    from rich.table import Table

    from bench.studies.claims.words import evidence
    from bench.studies.claims.write import write_lessons

    judged, problems = write_lessons(options.out, options.page)
    console = make_console()
    table = Table("verdict", "claim", "evidence")
    for one in judged:
        table.add_row(one.verdict.word, one.claim.statement, evidence(one.claim, one.verdict))
    console.print(table, markup=False)
    for line in problems:
        console.print(f"note: {line}", markup=False, highlight=False, soft_wrap=True)
    page = "" if options.page is None else f", {shown(options.page)}"
    console.print(
        f"lessons: {shown(options.out / 'lessons.md')}, {shown(options.out / 'claims.csv')}{page}",
        highlight=False,
        soft_wrap=True,
    )
    return FINE
