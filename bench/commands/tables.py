"""`tables`: rebuild a run's tables from its records."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bench.commands import places
from bench.commands.arguments import add_out

if TYPE_CHECKING:
    from bench.commands.console import Terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_out(parser, places.RUNS / "quick")


def run(options: argparse.Namespace) -> int:
    """Rebuild the tables, print the leaderboard."""
    from bench.commands.console import Terminal

    rebuild(Terminal(), options.out, places.suite_of(options.out))
    return 0


def rebuild(terminal: Terminal, out: Path, suite: str) -> None:
    """Write a run's tables; print the leaderboard and where they are."""
    from bench.views.tables import write_tables
    from bench.views.terminal import leaderboard_table

    _, board, problems = write_tables(out, suite)
    terminal.print(leaderboard_table(board))
    terminal.notes(problems)
    terminal.say(f"tables: {places.shown(out / 'leaderboard.md')}, {places.shown(out / 'by_length.csv')}")
