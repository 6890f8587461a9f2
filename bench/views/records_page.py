"""What docs/records.md takes from elsewhere: the schema's fields, and how the committed runs stand."""

from __future__ import annotations

from pathlib import Path

from bench.analysis.freshness import freshness
from bench.records.table import schema_table
from bench.views.readme import replace_block


def refresh_records_page(page: Path, baseline: Path) -> None:
    """Rewrite the marked blocks of the page."""
    replace_block(page, "fields", schema_table())
    replace_block(page, "status", standing(baseline))


def standing(baseline: Path) -> str:
    """Return a line for each committed run: when it was made, and whether it is current."""
    runs = sorted(path.parent for path in baseline.glob("*/records"))
    return "".join(f"- {freshness(run).statement()}\n" for run in runs)
