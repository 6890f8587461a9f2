"""The heat map of a run as a picture: tasks down in groups, families across, a number in each cell."""

from __future__ import annotations

import math
from itertools import accumulate

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from bench.views.charts.images import image
from bench.views.charts.material import Run
from bench.views.charts.panel import Panel
from bench.views.charts.style import INK, PAPER, REACH_MAP, UNLEARNT, label
from bench.views.charts.tiles import MOST, Tile, families, grouped, tile, where

TILE, SLIM = (0.72, 0.42), (0.37, 0.36)  # inches, of few families and of many
MANY = 12  # families that are too many for wide cells
MARGINS = (2.55, 0.2, 0.1, 1.15)  # inches
LETTER = 0.068  # inches of a letter of a name that stands upright
MOST_LETTERS = 6  # that fit a cell; of more, each is smaller
TWICE = math.log(2) / math.log(MOST)  # the share of a cell that holds at twice the longest training length
MARK = 5.5  # size of the count of seeds
BELOW, HIGH, APART = 0.3, 0.12, 0.42  # inches: from the cells to the key, its height, from its scale to what is grey


def heat_panel(run: Run, measure: str, title: str) -> Panel:
    """Return the heat map by a measure."""
    groups, models = grouped(run), families(run)
    tasks = [task for found in groups.values() for task in found]
    tiles = [[tile(run, task, model, measure) for model in models] for task in tasks]
    many = len(models) > MANY
    width, height = SLIM if many else TILE
    left, right, above, _ = MARGINS
    longest = max(len(label(model)) for model in models)
    margins = (left, right, above, max(MARGINS[3], LETTER * longest + 0.15) if many else MARGINS[3])

    def describe(axes: Axes) -> None:
        for row, column in np.ndindex(len(tasks), len(models)):
            write_tile(axes, row, column, tiles[row][column], 6.5 if many else 9)
        turned = {"rotation": 90, "va": "center"} if many else {"rotation": 35}
        axes.set_xticks(range(len(models)), map(label, models), ha="right", rotation_mode="anchor", size=8, **turned)
        axes.set_yticks(range(len(tasks)), [f"{label(task)}\n{where(run, task, measure)}" for task in tasks], size=7.5)
        axes.tick_params(length=0)
        part_cells(axes, len(tasks), len(models))
        part_groups(axes, {name: len(found) for name, found in groups.items()}, left / width)
        if measure == "robust":
            draw_key(axes, width * len(models), height * len(tasks))

    summed = many and measure == "robust"
    said = [words(dict(zip(models, row, strict=True)), summed) for row in tiles]
    fields = np.array([[to_rgb(one.colours[0] if one.colours else PAPER) for one in row] for row in tiles])
    shown = np.dstack([fields, [[one.colours is not None for one in row] for row in tiles]])  # nothing is transparent
    return Panel(
        title,
        "; ".join(f"{task}: {line}" for task, line in zip(tasks, said, strict=True)),
        image(shown, describe),
        size=(left + width * len(models) + right, above + height * len(tasks) + margins[3]),
        margins=margins,
    )


def words(row: dict[str, Tile], summed: bool) -> str:
    """Say a row's cells, in order; summed, those that hold at twice the training length, and how many others do not."""
    found = {model: one for model, one in row.items() if one.words}
    far = {model: one for model, one in found.items() if not summed or one.share >= TWICE}
    said = [f"{model} {one.words}" for model, one in far.items()]
    unlearnt = sum(math.isnan(one.share) for model, one in found.items() if model not in far)
    below = len(found) - len(far) - unlearnt
    said += [f"{count} {what}" for count, what in ((below, "below 2x"), (unlearnt, "not learnt")) if count]
    return ", ".join(said)


def write_tile(axes: Axes, row: int, column: int, one: Tile, size: float) -> None:
    """Write what a cell says, and below it how many seeds hold where they do not agree."""
    ink = one.colours[1] if one.colours else INK
    up = 0.12 if one.mark else 0
    fitting = size * min(1, MOST_LETTERS / max(len(one.text), 1))
    axes.text(column, row - up, one.text, ha="center", va="center", fontsize=fitting, color=ink)
    if one.mark:
        axes.text(column, row + 0.3, one.mark, ha="center", va="center", fontsize=MARK, color=ink)


def part_cells(axes: Axes, rows: int, columns: int) -> None:
    """Leave a gap between cells."""
    axes.hlines(np.arange(rows - 1) + 0.5, -0.5, columns - 0.5, color=PAPER, lw=1)
    axes.vlines(np.arange(columns - 1) + 0.5, -0.5, rows - 0.5, color=PAPER, lw=1)
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
    axes.spines[:].set_visible(False)


def part_groups(axes: Axes, sizes: dict[str, int], left: float) -> None:
    """Name each group of rows at the left edge, so many cells away, and draw a line between two; one needs neither."""
    start, columns = 0.1 * left / MARGINS[0] - left - 0.5, axes.get_xlim()[1]
    ends = list(accumulate(sizes.values()))
    for (name, size), end in zip(sizes.items(), ends, strict=True):
        if len(sizes) > 1:
            middle = end - size / 2 - 0.5
            axes.text(start, middle, name.replace(" ", "\n"), va="center", fontsize=7.5, weight="bold")
        if end < ends[-1]:
            axes.plot([start, columns], [end - 0.5] * 2, color=INK, lw=1, clip_on=False, scalex=False, scaley=False)


def draw_key(axes: Axes, width: float, height: float) -> None:
    """Draw the scale of colours, left below the cells, where no name stands."""
    box = ((0.25 - MARGINS[0]) / width, -(BELOW + HIGH) / height, 1.2 / width, HIGH / height)
    key = axes.inset_axes(box)
    key.imshow(np.linspace(0, 1, 64)[None], cmap=REACH_MAP, aspect="auto", extent=(0, 2, 0, 1))
    key.set_xticks([0, 1, 2], ["1x", "10x", f"{MOST}x+"], size=7)
    key.set_yticks([])
    key.tick_params(length=2, pad=1)
    key.grid(False)
    grey = axes.inset_axes((box[0], box[1] - APART / height, 0.2 / width, HIGH / height))
    grey.spines[:].set_visible(False)
    grey.set(xticks=[], yticks=[], facecolor=UNLEARNT)
    grey.text(1.25, 0.5, "not learnt", transform=grey.transAxes, va="center", fontsize=7)
