"""What exists: tasks, models, suites, as data and as text."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bench.spec.catalogue import Catalogue
from bench.suites.suites import SUITES

Listing = dict[str, list[dict[str, Any]]]


def listing(catalogue: Catalogue) -> Listing:
    """Return every task, model and suite as plain data."""
    entries = {
        f"{kind}s": [
            {
                "name": entry.name,
                "summary": entry.summary,
                "settings": {name: asdict(setting) for name, setting in entry.settings.items()},
            }
            | ({"version": entry.version} if kind == "task" else {})
            for entry in found.values()
        ]
        for kind, found in catalogue.entries.items()
    }
    suites = [
        {
            "name": suite.name,
            "summary": suite.summary,
            "seeds": suite.seeds,
            "pairs": [[spec.row, spec.column] for spec in suite.specs],
        }
        for suite in SUITES.values()
    ]
    return {**entries, "suites": suites}


def listing_text(found: Listing) -> str:
    """Write a listing for people."""
    lines = []
    for kind, entries in found.items():
        lines.append(f"{kind}:")
        for entry in entries:
            size = f" ({len(entry['pairs'])} pairs, seeds: {entry['seeds']})" if kind == "suites" else ""
            lines.append(f"  {entry['name']:<15} {entry['summary']}{size}")
            settings = entry.get("settings", {})
            if settings:
                lines.append(" " * 18 + ", ".join(f"{name}={setting['default']}" for name, setting in settings.items()))
    return "\n".join(lines)
