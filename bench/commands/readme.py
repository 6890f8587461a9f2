"""`readme`: the README's tables, from the committed reference runs."""

from __future__ import annotations

import argparse

from bench.commands import places
from bench.spec.catalogue import ROOT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: the command has no arguments."""


def run(options: argparse.Namespace) -> int:
    """Rewrite the README's tables."""
    from bench.views.readme import refresh
    from bench.views.records_page import refresh_records_page

    page = ROOT / "README.md"
    refresh_records_page(ROOT / "docs" / "records.md", places.BASELINE)
    print(f"{places.shown(page)}: {'rewritten' if refresh(page, ROOT) else 'up to date'}")
    return 0
