"""Where a family goes wrong: in the EOS or in other tokens, and at which position of the target."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from bench.records.store import Record
from bench.views.charts.axes import Scale
from bench.views.charts.images import image
from bench.views.charts.material import NRMSE, Run, length_name
from bench.views.charts.panel import Panel, Tips
from bench.views.numbers import percent

PARTS = {"right": ("#fde737", ""), "EOS error": ("#7d7d7d", "////"), "token error": ("#00224e", "")}
COLUMNS = ("exact_match", "stopped_wrong", "content_wrong")  # their shares add up to 1
SPLITS = {"in distribution": "train", "extrapolation": "beyond"}
MOST_LABELS = 11
PIXELS = 240  # columns of a map: the spans of each length are stretched over them


def eos_panels(run: Run, task: str) -> list[Panel]:
    """Return a chart a family: at each length, the share right, right but for the EOS, and wrong in other tokens."""
    panels = []
    for model, (record, *_) in run.records(task).items():
        rows = run.rows(task, model).sort_values("length")
        means = {where: rows.loc[rows["split"] == split, list(COLUMNS)].mean() for where, split in SPLITS.items()}
        said = [
            f"{where}: {', '.join(f'{part} {percent(mean)}' for part, mean in zip(PARTS, found, strict=True))} %"
            for where, found in means.items()
            if found.notna().all()
        ]
        panels.append(Panel(model, f"{'; '.join(said)}.", partial(draw_eos, rows, record["inside_lengths"])))
    return panels


def draw_eos(rows: pd.DataFrame, inside: list[int], axes: Axes) -> Tips:
    """Draw the three shares on top of each other, a column a length."""
    places = np.arange(len(rows) + 1) - 0.5
    bottom = np.zeros(len(rows))
    for (colour, hatch), column in zip(PARTS.values(), COLUMNS, strict=True):
        top = bottom + rows[column].to_numpy()
        low, high = (np.append(level, level[-1]) for level in (bottom, top))
        axes.fill_between(places, low, high, step="post", facecolor=colour, hatch=hatch, edgecolor="#ffffff", lw=0)
        bottom = top
    Scale("share of strings", "share").apply(axes.yaxis, ())
    axes.set(xlabel="length", xlim=(places[0], places[-1]), ylim=(0, 1))
    mark_lengths(axes.xaxis, axes.axvline, list(rows["length"]), inside)
    axes.grid(False)
    return {}


def position_panels(run: Run, task: str) -> list[Panel]:
    """Return a map a family: how often it is wrong at each position of the target, at each length, mean over seeds.

    A row is a length, the shortest below; bright is right.
    """
    panels = []
    for model, seeds in run.records(task).items():
        lengths = sorted(map(int, seeds[0]["by_length"]))
        spans = [mean_errors(seeds, length) for length in lengths]
        right = 1 - np.clip([row[np.arange(PIXELS) * len(row) // PIXELS] for row in spans], 0, 1)

        def describe(axes: Axes, lengths: list[int] = lengths, record: Record = seeds[0]) -> None:
            axes.patch.set_hatch("xxx")  # shows where there is no number
            axes.set(xlabel="position in the target, %", ylabel=length_name(record))
            mark_lengths(axes.yaxis, axes.axhline, lengths, record["inside_lengths"])

        extent = (0, 100, -0.5, len(lengths) - 0.5)
        draw = image(np.ma.masked_invalid(right), describe, origin="lower", extent=extent)
        panels.append(Panel(model, position_alt_text(lengths[-1], spans[-1], run.metric(task)), draw))
    return panels


def mean_errors(records: list[Record], length: int) -> NDArray[np.float64]:
    """Return the errors in equal spans of the target at one length, mean over seeds; NaN where one has none."""
    found = [record["by_length"][str(length)]["errors_at"] for record in records]
    shortest = min(map(len, found))
    return np.array([row[:shortest] for row in found], dtype=float).mean(0)


def position_alt_text(length: int, errors: NDArray[np.float64], metric: str) -> str:
    """Say the errors at the longest length: at the first position, in the middle and at the last."""
    found = errors[[0, len(errors) // 2, -1]]
    wrong = [f"NRMSE {error:.3g}" if metric == NRMSE else f"{percent(error)} % wrong" for error in found]
    first, middle, last = np.where(np.isnan(found), "no number", wrong)
    return (
        f"At length {length}, from the first position to the last: {first}, in the middle {middle}, at the end {last}."
    )


def mark_lengths(axis: Any, line: Any, lengths: list[int], inside: list[int]) -> None:
    """Write as many lengths as there is room for, the longest trained one among them, and draw a line behind it."""
    edge = lengths.index(max(inside)) if max(inside) in lengths else 0
    stride = -(-len(lengths) // MOST_LABELS)
    chosen = range(edge % stride, len(lengths), stride)
    axis.set_ticks(chosen, [str(lengths[place]) for place in chosen], size=8.5)
    longest = sum(length <= max(inside) for length in lengths) - 0.5
    if longest < len(lengths) - 0.5:
        line(longest, color="#ffffff", lw=2.6)
        line(longest, color="#d55e00", lw=1.3, ls=(0, (3, 2)))
