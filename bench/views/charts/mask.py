"""What the loss counts in one training batch: padding never, held-out rows never."""

from __future__ import annotations

from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.ticker import MaxNLocator

from bench.records.store import Record
from bench.views.charts.panel import Panel, Tips
from bench.views.texts import is_text

PADDING, HELD_OUT, READ, COUNTED = range(4)
PLACES = {
    PADDING: ("padding", "#e4e4e4"),
    HELD_OUT: ("held out", "#d98a3d"),
    READ: ("read only", "#9dbfd9"),
    COUNTED: ("counted", "#0b3c68"),
}


def mask_panel(record: Record) -> Panel:
    """Return the picture of a record's first batch: a row an example, a column a symbol."""
    places = places_of(record)
    shown = [part for part in reversed(PLACES) if part != READ or (places == READ).any()]
    parts = [f"{(places == part).sum()} {PLACES[part][0]}" for part in shown]
    said = f"{places.shape[0]} rows of {places.shape[1]} places: {', '.join(parts)}."
    return Panel(f"{record['model']}, seed {record['seed']}", said, partial(draw_mask, places))


def places_of(record: Record) -> np.ndarray:
    """Return what each place of the first batch is (rows, width)."""
    batch = record["first_batch"]
    time = np.arange(batch["width"])
    lengths, counted = (np.array(batch[name], dtype=int).reshape(-1, 1) for name in ("lengths", "counted"))
    if is_text(record):  # nothing is held out of its training part; what is read alone stands before what counts
        return np.where(time < lengths - counted, READ, np.where(time < lengths, COUNTED, PADDING))
    return np.where(time < counted, COUNTED, np.where(time < lengths, HELD_OUT, PADDING))


def draw_mask(places: np.ndarray, axes: Axes) -> Tips:
    """Draw the picture, the first row above."""
    colours = ListedColormap([colour for _, colour in PLACES.values()])
    rows, width = places.shape
    axes.imshow(
        places, cmap=colours, vmin=PADDING, vmax=COUNTED, aspect="auto", interpolation="none",
        extent=(0, width, rows, 0),
    )  # fmt: skip
    axes.set(xlabel="place in the target", ylabel="example of the batch")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.grid(False)
    return {}
