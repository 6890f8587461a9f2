"""`readme`: the tables and figures of README and docs, from the committed reference runs."""

from __future__ import annotations

import argparse

from bench.commands import places
from bench.commands.pages import refresh_galleries
from bench.spec.catalogue import ROOT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: the command has no arguments."""


def run(options: argparse.Namespace) -> int:
    """Rewrite the marked blocks of README.md and of the pages in docs."""
    from bench.studies.extrapolation.write import horizons
    from bench.views.readme import BLOCKS, refresh, refresh_records_page

    refresh_galleries(ROOT / "docs")
    refresh_records_page(ROOT / "docs" / "records.md", places.BASELINE)
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        changed = refresh(page, ROOT, BLOCKS | {"horizons": horizons})
        print(f"{places.shown(page)}: {'rewritten' if changed else 'up to date'}")
    return 0
