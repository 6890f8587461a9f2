"""A comparison in words: short tables for the terminal and for pasting into a pull request."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bench.compare import Comparison
from bench.formats import heading_rows, percent, row_of

SHOWN = 12  # rows of one verdict; the rest are counted
TITLES = {
    "worse": "got worse",
    "diverged": "newly diverged",
    "missing": "missing",
    "better": "got better",
    "new": "appeared",
    "not comparable": "not comparable",
}
Line = tuple[str, str, str, str, str]
HEADER = ("task", "model", "length", "before", "after")


def headline(found: Comparison, tolerance: float) -> str:
    """Say in one line what came of the comparison."""
    counts = found.cells["verdict"].value_counts()
    said = [f"{counts[name]:,} {title}" for name, title in TITLES.items() if name in counts]
    same = int(counts.get("same", 0)) + int(counts.get("too few examples", 0))
    outcome = "REGRESSION" if found.regressed else "no regression"
    return f"{outcome}: of {len(found.cells):,} cells {', '.join([*said, f'{same:,} no different'])}" + (
        f" (tolerance {100 * tolerance:g} points)"
    )


def sections(found: Comparison) -> list[tuple[str, list[Line]]]:
    """Return for each verdict that occurs its title and lines, the largest change first."""
    parts = []
    for verdict, title in TITLES.items():
        cells = found.cells[found.cells["verdict"] == verdict]
        if len(cells):
            tested = verdict in ("worse", "better")
            parts.append((f"{len(cells):,} {title}", cell_lines(cells) if tested else pair_lines(cells)))
    return parts


def cell_lines(cells: pd.DataFrame) -> list[Line]:
    """Return a line a cell."""
    change = (cells["mean_base"] - cells["mean_new"]).abs()
    rows = cells.loc[change.sort_values(ascending=False, kind="stable").index].to_dict("records")
    lines = [(r["task"], r["model"], str(r["length"]), measured(r, "base"), measured(r, "new")) for r in rows]
    return cut(lines)


def pair_lines(cells: pd.DataFrame) -> list[Line]:
    """Return a line a (task, model): all its cells share the verdict."""
    lines = []
    for (task, model), rows in cells.groupby(["task", "model"], sort=True):
        first = rows.iloc[0]
        lines.append((str(task), str(model), f"{len(rows)} lengths", str(first["reason"]), ""))
    return cut(lines)


def measured(row: dict[Any, Any], run: str) -> str:
    """An accuracy with its spread over seeds and their number."""
    spread = row[f"deviation_{run}"]
    said = "" if pd.isna(spread) else f" ± {100 * spread:.1f}"
    return f"{percent(row[f'mean_{run}'])}{said} ({int(row[f'seeds_{run}'])})"


def cut(lines: list[Line]) -> list[Line]:
    """Keep the first lines and count the rest."""
    return lines if len(lines) <= SHOWN else [*lines[:SHOWN], (f"... and {len(lines) - SHOWN} more", "", "", "", "")]


def as_markdown(found: Comparison, tolerance: float) -> str:
    """Return the comparison for pasting; accuracies in percent, spread over seeds after ±, seeds in brackets."""
    parts = [f"**{headline(found, tolerance)}**\n"]
    for title, lines in sections(found):
        parts.append("\n".join([f"### {title}\n", *heading_rows(HEADER, names=2), *map(row_of, lines)]) + "\n")
    return "\n".join(parts)
