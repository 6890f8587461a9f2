"""The horizon against the longest training length: the same row, trained on shorter and on longer strings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter

from bench.studies.extrapolation.charts import HALF, MOST_LINES
from bench.studies.extrapolation.families import Family, base_row, families
from bench.views.charts.axes import log_axis, plain, round_numbers
from bench.views.charts.material import Run
from bench.views.charts.panel import Panel, Tips
from bench.views.charts.style import INK, Look
from bench.views.numbers import estimate, heading_rows, reach, row_of

GUIDES = (1, 10, 100)  # multiples of the longest training length
APART = 0.012  # lines stand so far beside each other, as a share of the axis, where they meet
Variations = dict[str, dict[str, list[Family]]]  # by row, by family: in order of the longest training length


def variations(run: Run) -> Variations:
    """Return of each row that has others with other training lengths the families that were trained on several."""
    bases = {task: base_row(task) for task in run.strings}
    found: Variations = {}
    for base in sorted({base for base in bases.values() if base}):
        tasks = [task for task in run.strings if base in (task, bases[task])]
        by_model: dict[str, list[Family]] = {}
        for family in (family for task in tasks for family in families(run, task)):
            by_model.setdefault(family.model, []).append(family)
        several = {model: sorted(each, key=edge) for model, each in by_model.items() if len({f.edge for f in each}) > 1}
        if several:
            found[base] = dict(sorted(several.items(), key=lambda item: (-sum(f.row["l99"] for f in item[1]), item[0])))
    return found


def edge(family: Family) -> int:
    """Return the longest training length."""
    return family.edge


def training_table(found: Mapping[str, list[Family]]) -> str:
    """Return the horizons of a row's families, a column for each longest training length."""
    edges = sorted({family.edge for every in found.values() for family in every})
    lines = heading_rows(("family", *(f"up to {each:,}" for each in edges)))
    for model, every in found.items():
        cells = {family.edge: reach(*estimate(family.row, "l99"), family.edge, family.longest) for family in every}
        lines.append(row_of([f"`{model}`", *(cells.get(each, "-") for each in edges)]))
    return "\n".join(lines)


def training_panel(base: str, found: Mapping[str, list[Family]], looks: Mapping[str, Look]) -> Panel:
    """Return the chart of a row; found, looks: by the names that the chart gives its families."""
    chosen = dict(list(found.items())[:MOST_LINES])
    return Panel(base, in_words(chosen), partial(draw_training, chosen, looks), HALF)


def in_words(found: Mapping[str, list[Family]]) -> str:
    """Say every horizon."""
    said = []
    for name, every in found.items():
        reached = [f"{int(family.row['l99'])} trained up to {family.edge}" for family in every]
        said.append(f"{name} {', '.join(reached)}")
    return f"horizon by the longest training length: {'; '.join(said)}."


def draw_training(found: Mapping[str, list[Family]], looks: Mapping[str, Look], axes: Axes) -> Tips:
    """Draw a line a family and the guides; lines that meet stand a little beside each other."""
    every = [family for each in found.values() for family in each]
    edges = sorted({family.edge for family in every})
    reached = [family.row["l99"] for family in every if family.row["l99"]]
    bottom = min([*reached, *edges]) / 2
    log_axis(axes.xaxis, edges)
    axes.xaxis.set_major_locator(FixedLocator(edges))
    low, high = bottom, max([*reached, *edges]) * 2.5
    axes.set(xlabel="longest training length", ylabel="horizon L99", yscale="log", ylim=(low, high))
    axes.yaxis.set_major_locator(FixedLocator([bottom, *round_numbers(1.5 * bottom, high)]))
    axes.yaxis.set_minor_locator(FixedLocator([]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: "none" if value == bottom else plain(value)))
    for times in GUIDES:
        draw_guide(axes, times, edges, high)
    for place, (name, families_) in enumerate(found.items()):
        aside = float(np.power(edges[-1] / edges[0], APART * (place - (len(found) - 1) / 2)))
        draw_line(families_, looks[name], aside, bottom, axes)
    return {}


def draw_guide(axes: Axes, times: int, edges: Sequence[int], high: float) -> None:
    """Draw the line on which the horizon is so many times the longest training length."""
    ends = np.array([edges[0], min(edges[-1], high / times)])
    if ends[1] > ends[0]:
        axes.plot(ends, times * ends, color=INK, alpha=0.35, lw=1, ls=":", zorder=1)
        middle = float(np.sqrt(edges[0] * edges[1]))  # between the dots
        axes.text(middle, 1.12 * times * middle, f"{times}x", ha="right", size=7.5, alpha=0.6)


def draw_line(every: Sequence[Family], look: Look, aside: float, bottom: float, axes: Axes) -> None:
    """Draw one family: its horizons with their intervals, an arrow where one is censored, a cross where none is."""
    places = [family.edge * aside for family in every]
    heights = [family.row["l99"] or bottom for family in every]
    axes.plot(places, heights, clip_on=False, **look.line | {"lw": 1.2, "alpha": 0.8})
    for place, height, family in zip(places, heights, every, strict=True):
        row = family.row
        if not np.isnan(row["l99_low"]) and row["l99_low"] < row["l99_high"]:
            ends = [max(row["l99_low"], bottom), row["l99_high"]]
            axes.plot([place, place], ends, color=look.colour, alpha=0.4, lw=3, solid_capstyle="butt")
        marker = {"marker": "x", "markeredgewidth": 1.4} if not row["l99"] else {}
        axes.plot([place], [height], ls="", clip_on=False, **look.point | marker)
        if row["l99"] == family.longest:
            arrow = {"arrowstyle": "->", "color": look.colour, "lw": 1.2}
            axes.annotate("", (place, height * 2.1), (place, height * 1.15), arrowprops=arrow, annotation_clip=False)
