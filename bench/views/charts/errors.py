"""Where a family goes wrong: in the EOS or in other tokens, and at which position of the target."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator
from numpy.typing import NDArray

from bench.records.store import Record
from bench.views.charts.axes import Scale
from bench.views.charts.material import NRMSE, Run, length_name, primary_metric
from bench.views.charts.panel import Panel, Tips
from bench.views.charts.style import right_map
from bench.views.numbers import percent

PARTS = {"right": ("#fde737", ""), "EOS error": ("#7d7d7d", "////"), "token error": ("#00224e", "")}
COLUMNS = ("exact_match", "stopped_wrong", "content_wrong")  # their shares add up to 1
MOST_LABELS = 11
PIXELS = 240  # columns of a map: the spans of each length are stretched over them


def eos_panels(run: Run, task: str) -> list[Panel]:
    """Return a chart a family of how its answers are wrong."""
    return [eos_panel(model, run.rows(task, model), found[0]) for model, found in run.records(task).items()]


def position_panels(run: Run, task: str) -> list[Panel]:
    """Return a map a family of where in the target its answers are wrong."""
    return [position_panel(*pair) for pair in run.records(task).items()]


def eos_panel(model: str, rows: pd.DataFrame, record: Record) -> Panel:
    """Return a family's chart: at each length, the share right, right but for the EOS, and wrong in other tokens."""
    ordered = rows.sort_values("length")
    beyond = ordered[ordered["split"] == "beyond"]
    said = "; ".join(
        f"{where}: right {percent(found['exact_match'].mean())}, EOS error {percent(found['stopped_wrong'].mean())}, "
        f"token error {percent(found['content_wrong'].mean())} %"
        for where, found in (("in distribution", ordered[ordered["split"] == "train"]), ("extrapolation", beyond))
        if len(found)
    )
    return Panel(model, f"{said}.", partial(draw_eos, ordered, record))


def draw_eos(rows: pd.DataFrame, record: Record, axes: Axes) -> Tips:
    """Draw the three shares on top of each other, a column a length."""
    places = np.arange(len(rows) + 1) - 0.5
    floor = np.zeros(len(rows))
    for (colour, hatch), column in zip(PARTS.values(), COLUMNS, strict=True):
        top = floor + rows[column].to_numpy()
        low, high = (np.append(level, level[-1]) for level in (floor, top))
        axes.fill_between(places, low, high, step="post", facecolor=colour, hatch=hatch, edgecolor="#ffffff", lw=0)
        floor = top
    Scale("share of strings", "share").apply(axes.yaxis, ())
    lengths = [int(length) for length in rows["length"]]
    axes.set(xlabel="length", xlim=(places[0], places[-1]), ylim=(0, 1))
    label_lengths(axes.xaxis, lengths, record["inside_lengths"])
    mark_edge(axes.axvline, lengths, record["inside_lengths"])
    axes.grid(False)
    return {}


def position_panel(model: str, records: list[Record]) -> Panel:
    """Return a family's map: how often it is wrong at each position of the target, at each length, mean over seeds."""
    lengths = sorted(map(int, records[0]["by_length"]))
    spans = [mean_errors(records, length) for length in lengths]
    nrmse = primary_metric(records[0]) == NRMSE
    last = spans[-1]
    said = (
        f"At length {lengths[-1]}, from the first position to the last: "
        f"{written(last[0], nrmse)}, in the middle {written(last[len(last) // 2], nrmse)}, "
        f"at the end {written(last[-1], nrmse)}."
    )
    return Panel(model, said, partial(draw_positions, lengths, spans, records[0]))


def written(error: float, nrmse: bool) -> str:
    """Write an error of a span."""
    return "no number" if np.isnan(error) else f"NRMSE {error:.3g}" if nrmse else f"{percent(error)} % wrong"


def mean_errors(records: list[Record], length: int) -> NDArray[np.float64]:
    """Return the errors in equal spans of the target at one length, mean over seeds; NaN where one has none."""
    found = [record["by_length"][str(length)]["errors_at"] for record in records]
    shortest = min(map(len, found))
    return np.array([row[:shortest] for row in found], dtype=float).mean(0)


def draw_positions(lengths: list[int], spans: list[NDArray[np.float64]], record: Record, axes: Axes) -> Tips:
    """Draw the map: a row a length, the shortest below; bright is right."""
    columns = np.arange(PIXELS)
    rows = [row[columns * len(row) // PIXELS] for row in spans]
    shown = np.ma.masked_invalid(1 - np.clip(np.array(rows), 0, 1))
    axes.imshow(
        shown, cmap=right_map(), vmin=0, vmax=1, aspect="auto", origin="lower", interpolation="none",
        extent=(0, 100, -0.5, len(lengths) - 0.5),
    )  # fmt: skip
    axes.patch.set_hatch("xxx")
    axes.set(xlabel="position in the target, %", ylabel=length_name(record))
    label_lengths(axes.yaxis, lengths, record["inside_lengths"])
    mark_edge(axes.axhline, lengths, record["inside_lengths"])
    axes.grid(False)
    return {}


def label_lengths(axis: Any, lengths: list[int], inside: list[int]) -> None:
    """Write as many of the lengths as there is room for, the longest trained one among them."""
    edge = lengths.index(max(inside)) if max(inside) in lengths else 0
    stride = -(-len(lengths) // MOST_LABELS)
    chosen = [place for place in range(len(lengths)) if (place - edge) % stride == 0]
    axis.set_major_locator(FixedLocator(chosen))
    axis.set_major_formatter(FixedFormatter([str(lengths[place]) for place in chosen]))
    axis.set_tick_params(labelsize=8.5)


def mark_edge(line: Any, lengths: list[int], inside: list[int]) -> None:
    """Draw a line where training lengths end."""
    longest = sum(length <= max(inside) for length in lengths) - 0.5
    if longest < len(lengths) - 0.5:
        line(longest, color="#ffffff", lw=2.6)
        line(longest, color="#d55e00", lw=1.3, ls=(0, (3, 2)))
