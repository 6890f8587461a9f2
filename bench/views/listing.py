"""What exists: tasks, models, suites, as data and as text."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bench.spec.catalogue import Catalogue
from bench.suites.suites import SUITES

Listing = dict[str, list[dict[str, Any]]]


def listing(catalogue: Catalogue) -> Listing:
    """Return every task, model and suite as plain data."""
    found: Listing = {}
    for kind, entries in catalogue.entries.items():
        found[f"{kind}s"] = [
            {"name": each.name, "summary": each.summary, "settings": {n: asdict(s) for n, s in each.settings.items()}}
            | ({"version": each.version} if kind == "task" else {})
            for each in entries.values()
        ]
    found["suites"] = [
        {
            "name": each.name,
            "summary": each.summary,
            "seeds": each.seeds,
            "pairs": [[s.row, s.column] for s in each.specs],
        }
        for each in SUITES.values()
    ]
    return found


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
