"""`report`: one page of a run, and its figures."""

from __future__ import annotations

import argparse

from bench.commands import places
from bench.commands.arguments import add_out


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_out(parser, places.RUNS / "quick")


def run(options: argparse.Namespace) -> int:
    """Write the page of a run and its figures."""
    from bench.views.charts.figures import write_figures
    from bench.views.html.page import write_report

    suite = places.suite_of(options.out)
    page, (figure, *_) = write_report(options.out, suite), write_figures(options.out, suite)
    print(f"report: {places.shown(page)}, figures: {places.shown(figure.parent)}")
    return 0
