"""What the loss counts in one training batch: padding never, held-out rows never."""

from __future__ import annotations

from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.ticker import MaxNLocator

from bench.records.store import Record
from bench.views.charts.material import NATS, Run, primary_metric
from bench.views.charts.panel import Panel, Tips

PADDING, HELD_OUT, READ, COUNTED = range(4)
PARTS = {
    PADDING: ("padding", "#e4e4e4"),
    HELD_OUT: ("held out", "#d98a3d"),
    READ: ("read only", "#9dbfd9"),
    COUNTED: ("counted", "#0b3c68"),
}


def mask_panels(run: Run, task: str) -> list[Panel]:
    """Return the picture of the first batch of a task, if its record kept rows: a row an example, a column a token."""
    seeds = run.records(task).values()
    record = next((found[0] for found in seeds if found[0]["steps"]), run.any_record(task))
    parts = parts_of(record)
    shown = [part for part in reversed(PARTS) if part != READ or (parts == READ).any()]
    counts = ", ".join(f"{(parts == part).sum()} {PARTS[part][0]}" for part in shown)
    said = f"{parts.shape[0]} rows of {parts.shape[1]} positions: {counts}."
    return [Panel(f"{record['model']}, seed {record['seed']}", said, partial(draw_mask, parts))] if len(parts) else []


def parts_of(record: Record) -> np.ndarray:
    """Return what each position of the first batch is (rows, width)."""
    batch = record["first_batch"]
    time = np.arange(batch["width"])
    lengths, counted = (np.array(batch[name], dtype=int).reshape(-1, 1) for name in ("lengths", "counted"))
    if (
        primary_metric(record) == NATS
    ):  # nothing is held out of its training part; what is read alone stands before what counts
        return np.where(time < lengths - counted, READ, np.where(time < lengths, COUNTED, PADDING))
    return np.where(time < counted, COUNTED, np.where(time < lengths, HELD_OUT, PADDING))


def draw_mask(parts: np.ndarray, axes: Axes) -> Tips:
    """Draw the picture, the first row above."""
    colours = ListedColormap([colour for _, colour in PARTS.values()])
    rows, width = parts.shape
    axes.imshow(
        parts, cmap=colours, vmin=PADDING, vmax=COUNTED, aspect="auto", interpolation="none",
        extent=(0, width, rows, 0),
    )  # fmt: skip
    axes.set(xlabel="position in the target", ylabel="example of the batch")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.grid(False)
    return {}
