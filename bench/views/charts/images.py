"""Charts that are fields of colour: where families go wrong, what the loss counts in a batch; and what draws them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from bench.records.store import Record
from bench.views.charts.axes import Scale
from bench.views.charts.material import NATS, NRMSE, Run, length_name, primary_metric
from bench.views.charts.panel import Panel, Tips
from bench.views.charts.style import RIGHT_MAP
from bench.views.numbers import percent

PARTS = {"right": ("#fde737", ""), "EOS error": ("#7d7d7d", "////"), "token error": ("#00224e", "")}
COLUMNS = ("exact_match", "stopped_wrong", "content_wrong")  # their shares add up to 1
SPLITS = {"in distribution": "train", "extrapolation": "beyond"}
MOST_LABELS = 11
PIXELS = 240  # columns of a map: the spans of each length are stretched over them
PADDING, HELD_OUT, READ, COUNTED = range(4)
BATCH = {
    PADDING: ("padding", "#e4e4e4"),
    HELD_OUT: ("held out", "#d98a3d"),
    READ: ("read only", "#9dbfd9"),
    COUNTED: ("counted", "#0b3c68"),
}


def image(
    values: Any, describe: Callable[[Axes], None], colours: Any = RIGHT_MAP, **how: Any
) -> Callable[[Axes], Tips]:
    """Return what draws values (rows, columns), masked where there is none, as fields in colours from 0 to `vmax`.

    describe: writes what is beside the image; how: what else `Axes.imshow` is told
    """

    def draw(axes: Axes) -> Tips:
        axes.imshow(values, **{"cmap": colours, "vmin": 0, "vmax": 1, "aspect": "auto", "interpolation": "none"} | how)
        describe(axes)
        axes.grid(False)
        return {}

    return draw


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
        lengths, spans, inside = sorted(map(int, seeds[0]["by_length"])), [], seeds[0]["inside_lengths"]
        for length in map(str, lengths):
            found = [record["by_length"][length]["errors_at"] for record in seeds]
            shortest = min(map(len, found))
            spans.append(np.array([row[:shortest] for row in found], dtype=float).mean(0))
        right = 1 - np.clip([row[np.arange(PIXELS) * len(row) // PIXELS] for row in spans], 0, 1)

        def describe(axes: Axes, lengths: list[int] = lengths, inside: list[int] = inside) -> None:
            axes.patch.set_hatch("xxx")  # shows where there is no number
            axes.set(xlabel="position in the target, %", ylabel=length_name(run.any_record(task)))
            mark_lengths(axes.yaxis, axes.axhline, lengths, inside)

        ends = spans[-1][[0, len(spans[-1]) // 2, -1]]
        wrong = [f"NRMSE {end:.3g}" if run.metric(task) == NRMSE else f"{percent(end)} % wrong" for end in ends]
        first, middle, last = np.where(np.isnan(ends), "no number", wrong)
        where = f"At length {lengths[-1]}, from the first position to the last"
        extent = (0, 100, -0.5, len(lengths) - 0.5)
        draw = image(np.ma.masked_invalid(right), describe, origin="lower", extent=extent)
        panels.append(Panel(model, f"{where}: {first}, in the middle {middle}, at the end {last}.", draw))
    return panels


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


def mask_panels(run: Run, task: str) -> list[Panel]:
    """Return the picture of the first batch of a task, if its record kept rows: a row an example, a column a token."""
    seeds = run.records(task).values()
    record = next((found[0] for found in seeds if found[0]["steps"]), run.any_record(task))
    parts = parts_of(record)
    rows, width = parts.shape
    shown = [part for part in reversed(BATCH) if part != READ or (parts == READ).any()]
    counts = ", ".join(f"{(parts == part).sum()} {BATCH[part][0]}" for part in shown)

    def describe(axes: Axes) -> None:
        axes.set(xlabel="position in the target", ylabel="example of the batch")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))

    colours = ListedColormap([colour for _, colour in BATCH.values()])
    draw = image(parts, describe, colours, vmax=COUNTED, extent=(0, width, rows, 0))
    said = f"{rows} rows of {width} positions: {counts}."
    return [Panel(f"{record['model']}, seed {record['seed']}", said, draw)] if rows else []


def parts_of(record: Record) -> NDArray[np.int64]:
    """Return what each position of the first batch is (rows, width): padding never counts, nor a held-out row."""
    batch = record["first_batch"]
    time = np.arange(batch["width"])
    lengths, counted = (np.array(batch[name], dtype=int).reshape(-1, 1) for name in ("lengths", "counted"))
    if primary_metric(record) == NATS:  # nothing is held out of its training part; what is read alone stands first
        return np.where(time < lengths - counted, READ, np.where(time < lengths, COUNTED, PADDING))
    return np.where(time < counted, COUNTED, np.where(time < lengths, HELD_OUT, PADDING))
