"""Free-running signals beside the truth."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from bench.records.store import Record
from bench.views.charts.panel import Panel, Tips
from bench.views.charts.style import INK, Look

ROOM = 0.6  # of the truth's height, above and below it: what leaves that is cut off


def signal_panels(model: str, record: Record, look: Look) -> list[Panel]:
    """Return a family's charts: the first example kept at each length."""
    first: dict[int, dict[str, Any]] = {}
    for sample in record["samples"]:
        first.setdefault(sample["length"], sample)
    return [
        Panel(f"{model}, horizon {length}", in_words(sample), partial(draw_signal, sample, look))
        for length, sample in sorted(first.items())
        if sample["truth"] and not isinstance(sample["truth"][0], str)
    ]


def draw_signal(sample: dict[str, Any], look: Look, axes: Axes) -> Tips:
    """Draw the truth as a broad pale line and the family's own continuation over it."""
    truth, own = numbers(sample["truth"]), numbers(sample["written"])
    start = sample["first"]
    axes.plot(np.arange(start, start + len(truth)), truth, color=INK, alpha=0.3, lw=4, solid_capstyle="round")
    axes.plot(np.arange(start, start + len(own)), own, lw=1.5, color=look.colour)
    low, high = np.nanmin(truth), np.nanmax(truth)
    room = ROOM * max(high - low, np.finfo(float).eps)
    axes.set(xlabel="step after the observed part", ylabel="signal", ylim=(low - room, high + room))
    axes.locator_params(nbins=6)
    return {}


def numbers(values: list[float | None]) -> np.ndarray:
    """Return numbers, NaN where one overflowed."""
    return np.array(values, dtype=float)


def in_words(sample: dict[str, Any]) -> str:
    """Say how far the continuation is from the truth at its worst."""
    truth, own = numbers(sample["truth"]), numbers(sample["written"])
    shared = min(len(truth), len(own))
    errors = np.abs(truth[:shared] - own[:shared])
    if not np.isfinite(errors).any():
        return "No number to compare."
    spread = np.nanmax(truth) - np.nanmin(truth)
    lost = int(np.isnan(errors).sum())
    said = f"Farthest from the truth by {np.nanmax(errors):.2g}, where the truth spans {spread:.2g}"
    return f"{said}; {lost} steps overflowed." if lost else f"{said}."
