"""What the command `claims` does: judge every claim by a run, print the verdicts, write their page."""

from __future__ import annotations

import argparse
import sys

from bench.commands.run import FINE, make_console, shown


def claims(options: argparse.Namespace) -> int:
    """Print the verdict of every claim; write the table, the page and the pictures."""
    from bench.studies.claims.write import write_claims
    from bench.views.columns import Column
    from bench.views.terminal import Fitted

    judged, problems = write_claims(options.out, options.page)
    console = make_console()
    columns = [
        Column("verdict", "verdict", rank=0, words=True),
        Column("statement", "claim", rank=0, words=True, wraps=True),
        Column("evidence", "evidence", rank=1, words=True, wraps=True),
    ]
    console.print(Fitted(columns, [(one.verdict.word, one.claim.statement, one.evidence) for one in judged]))
    for line in problems:
        console.print(f"note: {line}", markup=False, highlight=False, soft_wrap=True)
    page = "" if options.page is None else f", {shown(options.page)}"
    written = f"claims: {shown(options.out / 'lessons.md')}, {shown(options.out / 'claims.csv')}{page}"
    console.print(written, markup=False, highlight=False, soft_wrap=True)
    return FINE


def lessons(options: argparse.Namespace) -> int:
    """Do the same under the command's old name, which is kept for one version."""
    print("note: `lessons` is now called `claims`", file=sys.stderr)
    return claims(options)
