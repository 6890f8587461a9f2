"""How often the regression check errs, as tables for docs/regression.md."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from bench.analysis.histories import COMMITS, histories
from bench.analysis.power import CLASSES, FAILING, LENGTHS, Noise, detections, false_alarms
from bench.analysis.regression import TOLERANCE
from bench.analysis.statistics import wilson
from bench.views.numbers import markdown_table, share

Design = tuple[int, int]
WHERE = {False: "in one cell alone", True: "in its pair's cells"}


def rates_page(noise: Noise, designs: Sequence[Design], alike: float, drop: float, suites: int) -> str:
    """Return all tables: seeds that do not correlate and seeds that do, then what is said over ten commits."""
    about = (
        f"{suites:,} simulated suites of {len(noise.mean)} cells a figure; tolerance {100 * TOLERANCE:g} points; the "
        f"lengths of a training correlate by {LENGTHS:g}; for false alarms {100 * FAILING:g} % of the seeds fail. "
        "Percent, 95 % intervals."
    )
    parts = [about, f"Shared seeds that correlate by {alike:g}:", rates_table(noise, designs, alike, drop, suites)]
    parts += ["Seeds that do not correlate, or are not shared:", rates_table(noise, designs, 0.0, drop, suites)]
    parts += [f"How often a cell of a changed pair is named, five seeds against five that correlate by {alike:g}:"]
    parts += [histories_table(noise, (5, 5), alike, drop, suites)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def rates_table(noise: Noise, designs: Sequence[Design], alike: float, drop: float, suites: int) -> str:
    """Return a Markdown table: for each design (seeds of base and new run) the false alarms, and the power by noise.

    alike: correlation of shared seeds
    """
    header = ("", *(f"{base} seeds against {new}" for base, new in designs))
    lines = [["any false alarm in the suite"]]
    lines[0] += [rate(false_alarms(noise, design, alike, suites), suites) for design in designs]
    for whole, where in WHERE.items():
        found = [detections(noise, design, alike, drop, suites, whole) for design in designs]
        for low, high in itertools.pairwise(CLASSES):
            parts = [one[(one["spread"] >= low) & (one["spread"] < high)] for one in found]
            spread = f"spread {100 * low:g} to {100 * high:g} points ({parts[0]['cell'].nunique()} cells)"
            rates = [rate(int(part["found"].sum()), len(part)) for part in parts]
            lines.append([f"drop of {100 * drop:g} points {where} found, {spread}", *rates])
    return markdown_table(header, lines)


def histories_table(noise: Noise, seeds: Design, alike: float, drop: float, suites: int) -> str:
    """Return a Markdown table: of each case how often the check names the changed pair, commit by commit."""
    lines = []
    for case, rows in histories(noise, seeds, alike, drop, max(1, suites // 10)).groupby("case", sort=False):
        by_commit = [rows["found"][rows["commit"] == commit] for commit in COMMITS]
        lines.append([str(case), *(rate(int(found.sum()), len(found)) for found in by_commit)])
    return markdown_table(("", *(f"commit {commit}" for commit in COMMITS)), lines)


def rate(count: int, total: int) -> str:
    """A share of simulations with its interval."""
    return share(count / total, *map(float, wilson(count, total))) if total else "-"
