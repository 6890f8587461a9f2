"""A comparison in words: short tables for the terminal and for pasting into a pull request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from bench.analysis.compare import Comparison
from bench.spec.settings import written
from bench.views.columns import Column, named
from bench.views.numbers import markdown_table, percent
from bench.views.terminal import Fitted

SHOWN = 20  # rows of one verdict; the rest are counted
TITLES = {
    "worse": "got worse",
    "diverged": "newly diverged",
    "missing": "missing",
    "better": "got better",
    "new": "appeared",
    "not comparable": "not comparable",
}
CELLS = [named("task"), named("model"), Column("length", "lengths", rank=3, words=True, wraps=True)]
BEFORE, AFTER = (Column("mean", heading, rank=1) for heading in ("before", "after"))
CHANGED = [*CELLS, Column("length", "most at", rank=2), BEFORE, AFTER]
OTHER = [*CELLS, Column("reason", "why", rank=1, words=True, wraps=True)]


def headline(found: Comparison, tolerance: float) -> str:
    """Say in one line what came of the comparison."""
    counts = found.cells["verdict"].value_counts()
    said = [f"{counts[name]:,} {title}" for name, title in TITLES.items() if name in counts]
    same = int(counts.get("same", 0)) + int(counts.get("too few examples", 0))
    outcome = "REGRESSION" if found.regressed else "no regression"
    counted = ", ".join([*said, f"{same:,} no different"])
    return f"{outcome}: of {len(found.cells):,} cells {counted} (tolerance {100 * tolerance:g} points)"


def method(found: Comparison) -> list[str]:
    """Say how drops were told from noise, and where so few seeds cannot tell."""
    pairing = found.pairing
    known = f", correlation {pairing.correlation:.2f} in {pairing.cells} cells" if pairing.correlation else ""
    said = f"test: {'paired seeds' if pairing.used else 'seeds apart'} ({pairing.why}{known})"
    lines = [f"{said}; pairs (row, family) before their cells"]
    if found.unsure:
        pairs = "1 pair has" if found.unsure == 1 else f"{found.unsure} pairs have"
        lines.append(f"{pairs} one or two seeds, too few to tell a drop from noise: no different may be worse unseen")
    return lines


def sections(found: Comparison) -> list[Fitted]:
    """Return a table for each verdict that occurs, what went wrong first, the largest change first within it.

    A line is a (task, model): its lengths, and by how much the one changed that changed most, or why none can be told.
    """
    parts = []
    for verdict, title in TITLES.items():
        cells = found.cells[found.cells["verdict"] == verdict]
        changed, lines = verdict in ("worse", "better"), []
        if changed:
            change = (cells["mean_base"] - cells["mean_new"]).abs()
            cells = cells.assign(change=change).sort_values("change", ascending=False, kind="stable")
        for (task, model), rows in cells.groupby(["task", "model"], sort=not changed):
            first = rows.to_dict("records")[0]
            line = [str(task), str(model), lengths_of(rows["length"])]
            if changed:
                line += [str(first["length"]), measured(first, "base"), measured(first, "new")]
            lines.append(line if changed else [*line, str(first["reason"])])
        if len(lines) > SHOWN:
            lines = [*lines[:SHOWN], [f"... and {len(lines) - SHOWN} more", *[""] * (len(lines[0]) - 1)]]
        if lines:
            parts.append(Fitted(CHANGED if changed else OTHER, lines, f"{len(cells):,} cells {title}"))
    return parts


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
    parts = [f"**{headline(found, tolerance)}**", "\n".join(method(found))]
    for part in sections(found):
        header = [column.heading for column in part.columns]
        parts.append(f"### {part.title}\n\n{markdown_table(header, part.lines, names=3)}")
    return "\n\n".join(part.strip() for part in parts) + "\n"
