"""The heat map: every task with every family, by how far each holds or by its exact match."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes

from bench.analysis.summary import twice_length
from bench.views.charts.material import Run
from bench.views.charts.panel import Panel, Tips
from bench.views.charts.style import label, right_colour, right_map
from bench.views.numbers import percent

MEASURES = {"reach": "horizon L90", "inside": "in distribution", "twice": "at twice the training length"}
EXPLAINED = {
    "reach": "The longest length up to which exact match stays at 90 %, as a multiple of the longest training length, "
    "on a log scale of colours; >=: the longest evaluated length still holds; none: not even training lengths hold.",
    "inside": "Exact match in percent, mean over the training lengths.",
    "twice": "Exact match in percent at the evaluated length beyond training that is nearest to twice the longest "
    "training length.",
}
HELD = 0.3  # the brightness of a horizon that is the longest training length
TILE = (0.72, 0.42)  # inches
HEAT_MARGINS = (1.6, 0.2, 0.1, 1.15)


@dataclass(frozen=True)
class Tile:
    """A cell: what it says, how good that is from 0 to 1, and the colours of that."""

    text: str
    share: float

    @property
    def colours(self) -> tuple[str, str]:
        """Its background and the ink that reads on it."""
        return right_colour(self.share)


NOT_RUN = Tile("", math.nan)


def tile(run: Run, task: str, model: str, measure: str) -> Tile:
    """Return the cell of a task and a family; one that was not run says nothing."""
    if (task, model) not in run.groups:
        return NOT_RUN
    (row,) = run.board[(run.board["task"] == task) & (run.board["model"] == model)].to_dict("records")
    if measure == "inside":
        return Tile(percent(row["inside"]), row["inside"])
    if measure == "twice":
        rows = run.rows(task, model)
        length = twice_length(list(rows["length"]), run.groups[task, model][0]["inside_lengths"])
        found = float(rows.loc[rows["length"] == length, "exact_match"].mean())
        return Tile(percent(found), found)
    times = row["l90_ratio"]
    text = f"{'>= ' if row['l90'] == row['longest'] else ''}{times:.3g}x" if times else "none"
    return Tile(text, brightness(times, farthest(run)))


def brightness(times: float, most: float) -> float:
    """Return how bright a horizon is, 0 to 1: by its logarithm, from the longest training length to the farthest."""
    if not times:
        return 0.0
    if times <= 1:
        return HELD * max(1 + math.log2(times), 1 / 3)
    return HELD + (1 - HELD) * math.log(times) / math.log(most)


def farthest(run: Run) -> float:
    """Return the largest horizon of all, as a multiple of the longest training length."""
    return float(run.board.loc[run.board["task"].isin(run.strings), "l90_ratio"].max())


def families(run: Run) -> list[str]:
    """Return the families that have a task with exact match, those with the most such tasks first, then by name."""
    counts = Counter(model for task, model in run.groups if task in run.strings)
    return sorted(counts, key=lambda model: (-counts[model], model))


def where(run: Run, task: str, measure: str) -> str:
    """Say at which lengths a measure is taken on a task."""
    inside = run.any_record(task)["inside_lengths"]
    edge = max(inside)
    if measure == "inside":
        return f"{min(inside)} to {edge}" if min(inside) < edge else f"at {edge}"
    if measure == "twice":
        length = twice_length(sorted(set(run.rows(task)["length"])), inside)
        return f"at {length} ({length / edge:.3g}x)" if length else "no length beyond"
    return f"1x is {edge}"


def heat_panel(run: Run, measure: str) -> Panel:
    """Return the heat map as a picture."""
    tasks, models = run.strings, families(run)
    tiles = [[tile(run, task, model, measure) for model in models] for task in tasks]
    said = "; ".join(
        f"{task}: {', '.join(f'{model} {one.text}' for model, one in zip(models, row, strict=True) if one.text)}"
        for task, row in zip(tasks, tiles, strict=True)
    )
    left, right, above, below = HEAT_MARGINS
    size = (left + TILE[0] * len(models) + right, above + TILE[1] * len(tasks) + below)
    names = {task: where(run, task, measure) for task in tasks}
    return Panel(MEASURES[measure], said, partial(draw_heat, tiles, names, models), size, HEAT_MARGINS)


def draw_heat(tiles: Sequence[Sequence[Tile]], tasks: Mapping[str, str], models: list[str], axes: Axes) -> Tips:
    """Draw the map with a number in each cell."""
    shares = np.ma.masked_invalid([[one.share for one in row] for row in tiles])
    axes.imshow(shares, cmap=right_map(), vmin=0, vmax=1, aspect="auto", interpolation="none")
    for row, line in enumerate(tiles):
        for column, one in enumerate(line):
            axes.text(column, row, one.text, ha="center", va="center", fontsize=9, color=one.colours[1])
    axes.set_xticks(range(len(models)), map(label, models), rotation=35, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(tasks)), [f"{label(task)}\n{at}" for task, at in tasks.items()], size=9)
    axes.tick_params(length=0)
    axes.grid(False)
    return {}
