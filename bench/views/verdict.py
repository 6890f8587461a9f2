"""A comparison in words: short tables for the terminal and for pasting into a pull request."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import pandas as pd

from bench.analysis.compare import Comparison
from bench.analysis.power import CLASSES, FAILING, Noise, detections, false_alarms
from bench.analysis.regression import LEVEL, TOLERANCE, Priors
from bench.analysis.statistics import wilson
from bench.spec.settings import written
from bench.views.columns import Column, named
from bench.views.numbers import markdown_table, percent, share
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
    parts = [f"**{headline(found, tolerance)}**"]
    for part in sections(found):
        header = [column.heading for column in part.columns]
        parts.append(f"### {part.title}\n\n{markdown_table(header, part.lines, names=3)}")
    return "\n\n".join(part.strip() for part in parts) + "\n"


def rates_table(noise: Noise, designs: Iterable[tuple[int, int]], priors: Priors, drop: float, suites: int) -> str:
    """Return a Markdown table: for each design (seeds of base and new run) the false alarms, and the power by noise."""
    designs = list(designs)
    header = ("", *(f"{base} seeds against {new}" for base, new in designs))
    alarms = [rate(false_alarms(noise, design, priors, suites), suites) for design in designs]
    lines = [["any false alarm in the suite", *alarms]]
    found = [detections(noise, design, priors, drop, suites) for design in designs]
    for low, high in itertools.pairwise(CLASSES):
        parts = [one[(one["spread"] >= low) & (one["spread"] < high)] for one in found]
        spread = f"spread {100 * low:g} to {100 * high:g} points ({parts[0]['cell'].nunique()} cells)"
        rates = [rate(int(part["found"].sum()), len(part)) for part in parts]
        lines.append([f"drop of {100 * drop:g} points found, {spread}", *rates])
    about = (
        f"{suites:,} simulated suites of {len(noise.mean)} cells a figure; tolerance {100 * TOLERANCE:g} points, Holm "
        f"at {100 * LEVEL:g} %; for false alarms {100 * FAILING:g} % of the seeds fail. Percent, 95 % intervals."
    )
    return f"{about}\n\n{markdown_table(header, lines)}"


def rate(count: int, total: int) -> str:
    """A share of simulations with its interval."""
    return share(count / total, *map(float, wilson(count, total))) if total else "-"
