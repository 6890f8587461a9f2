"""A comparison in words: short tables for the terminal and for pasting into a pull request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.analysis.compare import Comparison
from bench.spec.settings import written
from bench.views.numbers import heading_rows, percent, row_of

SHOWN = 20  # rows of one verdict; the rest are counted
TITLES = {
    "worse": "got worse",
    "diverged": "newly diverged",
    "missing": "missing",
    "better": "got better",
    "new": "appeared",
    "not comparable": "not comparable",
}
CHANGED = ("task", "model", "lengths", "most at", "before", "after")
OTHER = ("task", "model", "lengths", "why")


@dataclass(frozen=True)
class Section:
    """The cells of one verdict: a line a (task, model), under a header."""

    title: str
    header: tuple[str, ...]
    lines: list[list[str]]


def headline(found: Comparison, tolerance: float) -> str:
    """Say in one line what came of the comparison."""
    counts = found.cells["verdict"].value_counts()
    said = [f"{counts[name]:,} {title}" for name, title in TITLES.items() if name in counts]
    same = int(counts.get("same", 0)) + int(counts.get("too few examples", 0))
    outcome = "REGRESSION" if found.regressed else "no regression"
    return f"{outcome}: of {len(found.cells):,} cells {', '.join([*said, f'{same:,} no different'])}" + (
        f" (tolerance {100 * tolerance:g} points)"
    )


def sections(found: Comparison) -> list[Section]:
    """Return a section for each verdict that occurs, what went wrong first, the largest change first within it."""
    parts = []
    for verdict, title in TITLES.items():
        cells = found.cells[found.cells["verdict"] == verdict]
        if len(cells):
            changed = verdict in ("worse", "better")
            lines = changed_lines(cells) if changed else other_lines(cells)
            if len(lines) > SHOWN:
                lines = [*lines[:SHOWN], [f"... and {len(lines) - SHOWN} more", *[""] * (len(lines[0]) - 1)]]
            parts.append(Section(f"{len(cells):,} cells {title}", CHANGED if changed else OTHER, lines))
    return parts


def changed_lines(cells: pd.DataFrame) -> list[list[str]]:
    """Return a line a (task, model): the lengths that changed, and by how much the one that changed most."""
    change = (cells["mean_base"] - cells["mean_new"]).abs()
    most = cells.assign(change=change).sort_values("change", ascending=False, kind="stable")
    lines = []
    for (task, model), rows in most.groupby(["task", "model"], sort=False):
        first = rows.to_dict("records")[0]
        at = [lengths_of(rows["length"]), str(first["length"]), measured(first, "base"), measured(first, "new")]
        lines.append([str(task), str(model), *at])
    return lines


def other_lines(cells: pd.DataFrame) -> list[list[str]]:
    """Return a line a (task, model)."""
    pairs = cells.groupby(["task", "model"], sort=True)
    return [
        [str(task), str(model), lengths_of(rows["length"]), str(rows["reason"].iloc[0])]
        for (task, model), rows in pairs
    ]


def lengths_of(lengths: Iterable[str]) -> str:
    """Write lengths as ranges; a leaderboard's cells are named by words."""
    names = list(lengths)
    return written(tuple(sorted(map(int, names)))) if all(map(str.isdigit, names)) else ", ".join(sorted(names))


def measured(row: dict[Any, Any], run: str) -> str:
    """An accuracy with its spread over seeds and their number."""
    spread = row[f"deviation_{run}"]
    said = "" if pd.isna(spread) else f" ± {100 * spread:.1f}"
    return f"{percent(row[f'mean_{run}'])}{said} ({int(row[f'seeds_{run}'])})"


def as_markdown(found: Comparison, tolerance: float) -> str:
    """Return the comparison for pasting; accuracies in percent, spread over seeds after ±, seeds in brackets."""
    parts = [f"**{headline(found, tolerance)}**"]
    for part in sections(found):
        parts.append("\n".join([f"### {part.title}\n", *heading_rows(part.header, names=3), *map(row_of, part.lines)]))
    return "\n\n".join(parts) + "\n"
