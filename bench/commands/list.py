"""`list`: which tasks, models and suites exist."""

from __future__ import annotations

import argparse
import json

from bench.commands.arguments import add_plugins, plugins_of
from bench.spec.catalogue import Catalogue


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("kind", nargs="?", choices=("tasks", "models", "suites"))
    parser.add_argument("--json", action="store_true", help="as data")
    add_plugins(parser)


def run(options: argparse.Namespace) -> int:
    """Print what exists."""
    from bench.commands.console import Terminal
    from bench.views.listing import listing, listing_text

    terminal = Terminal()
    found = listing(Catalogue(plugins_of(options)))
    chosen = {options.kind: found[options.kind]} if options.kind else found
    width = terminal.width if terminal.is_terminal else None
    print(json.dumps(chosen, indent=1) if options.json else listing_text(chosen, width))
    return 0
