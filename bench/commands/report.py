"""`report`: one page of a run, and its figures."""

from __future__ import annotations

import argparse

from bench.commands import places
from bench.commands.arguments import add_out
from bench.commands.beside import add_against, reference


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_out(parser, places.RUNS / "quick")
    add_against(parser)


def run(options: argparse.Namespace) -> int:
    """Write the page of a run and its figures, unless they are made of the same records by the same code already."""
    from bench.views.made import ingredients, is_current, note_down

    out, suite = options.out, places.suite_of(options.out)
    others = reference(options.against, suite)
    made_of = ingredients(out, suite, others)
    current = is_current(out, made_of)
    if not current:
        from bench.views.charts.figures import write_figures
        from bench.views.html.page import write_report

        note_down(out, made_of, [write_report(out, suite, others), *write_figures(out, suite)])
    end = ", up to date" if current else ""
    print(f"report: {places.shown(out / 'report.html')}, figures: {places.shown(out / 'figures')}{end}")
    return 0
