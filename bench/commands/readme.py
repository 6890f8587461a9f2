"""`readme`: the README's tables, from the committed reference runs."""

from __future__ import annotations

import argparse

from bench.commands.places import shown
from bench.spec.catalogue import ROOT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: the command has no arguments."""


def run(options: argparse.Namespace) -> int:
    """Rewrite the README's tables."""
    from bench.views.readme import refresh

    page = ROOT / "README.md"
    print(f"{shown(page)}: {'rewritten' if refresh(page, ROOT) else 'up to date'}")
    return 0
