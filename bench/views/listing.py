"""What exists: tasks, models, suites, as data and as text."""

from __future__ import annotations

from dataclasses import asdict
from textwrap import wrap
from typing import Any

from bench.spec.catalogue import Catalogue
from bench.suites.suites import SUITES

NARROWEST = 20  # columns of the screen that a text gets however narrow that is
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


def listing_text(found: Listing, width: int | None = None) -> str:
    """Write a listing for people; width: of the screen, at which lines are broken between words, None not at all."""
    lines, room = [], max(len(entry["name"]) for entries in found.values() for entry in entries)
    for kind, entries in found.items():
        lines.append(f"{kind}:")
        for entry in entries:
            size = f" ({len(entry['pairs'])} pairs, seeds: {entry['seeds']})" if kind == "suites" else ""
            settings = ", ".join(f"{name}={each['default']}" for name, each in entry.get("settings", {}).items())
            for label, text in ((entry["name"], f"{entry['summary']}{size}"), ("", settings)):
                lines += beside(f"  {label:<{room}} ", text, width)
    return "\n".join(lines)


def beside(label: str, text: str, width: int | None) -> list[str]:
    """Write a text beside its label, on as many lines as the width asks for; none where there is neither."""
    if width is None or not text:
        return [f"{label}{text}".rstrip()] if text or label.strip() else []
    whole = max(width, len(label) + NARROWEST)
    return wrap(text, whole, initial_indent=label, subsequent_indent=" " * len(label), break_on_hyphens=False)
