"""Horizons against the longest training length: the same task, trained on shorter and on longer strings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes

from bench.views.charts.axes import Scale, plain, round_numbers
from bench.views.charts.line import Curve, LineChart
from bench.views.charts.panel import HALF, Panel, Tips
from bench.views.charts.style import INK, SeriesStyle

NAME = "horizon L99"
GUIDES = (1, 10, 100)  # multiples of the longest training length
APART = 0.012  # lines stand so far beside each other, as a share of the axis, where they meet


@dataclass(frozen=True)
class Horizons:
    """One family's horizons, by the longest training length (`edges`, ascending).

    reached: 0 where it has none; low, high: the ends of their intervals, NaN where there is none
    longest: the longest evaluated length; a horizon that reaches it is censored
    """

    name: str
    style: SeriesStyle
    edges: Sequence[int]
    reached: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    longest: Sequence[int]


def horizon_panel(title: str, found: Sequence[Horizons]) -> Panel:
    """Return the chart: a line a family, and guides where the horizon is 1, 10 and 100 times the training length."""
    said = []
    for one in found:
        reached = [f"{int(n)} trained up to {edge}" for n, edge in zip(one.reached, one.edges, strict=True)]
        said.append(f"{one.name} {', '.join(reached)}")
    return Panel(title, f"{NAME} by the longest training length: {'; '.join(said)}.", partial(draw, found), HALF)


def draw(found: Sequence[Horizons], axes: Axes) -> Tips:
    """Draw it; lines that meet stand a little beside each other."""
    edges = sorted({edge for one in found for edge in one.edges})
    known = [*edges, *(float(value) for one in found for value in one.reached if value)]
    bottom, high = min(known) / 2, max(known) * 2.5
    ticks = {bottom: "none"} | {value: plain(value) for value in round_numbers(1.5 * bottom, high)}
    curves = []
    for place, one in enumerate(found):
        x = np.array(one.edges) * np.power(edges[-1] / edges[0], APART * (place - (len(found) - 1) / 2))
        low, above = np.maximum(np.array(one.low, dtype=float), bottom), np.array(one.high, dtype=float)
        low, above = np.where(low < above, [low, above], np.nan)  # of those intervals that have a width
        reached = [value or bottom for value in one.reached]
        curves.append(Curve(one.name, one.style, x, reached, low, above, bars=True, marked="none"))
    x_scale = Scale("longest training length", "log", ticks={edge: plain(edge) for edge in edges})
    LineChart("", curves, x_scale, Scale(NAME, "log", ticks=ticks, limits=(bottom, high))).draw(axes)
    for times in GUIDES:
        last = min(edges[-1], high / times)
        if last > edges[0]:
            ends = np.array([edges[0], last])
            axes.plot(ends, times * ends, color=INK, alpha=0.35, lw=1, ls=":", zorder=1)
            middle = float(np.sqrt(edges[0] * edges[1]))  # between the points
            axes.text(middle, 1.12 * times * middle, f"{times}x", ha="right", size=7.5, alpha=0.6)
    for one, line in zip(found, curves, strict=True):
        draw_points(axes, one, line)
    return {}


def draw_points(axes: Axes, one: Horizons, line: Curve) -> None:
    """Mark a family's horizons, an arrow where one is censored, a cross where there is none."""
    for place, height, reached, longest in zip(*line.points, one.reached, one.longest, strict=True):
        marker = {} if reached else {"marker": "x", "markeredgewidth": 1.4}
        axes.plot([place], [height], ls="", clip_on=False, **one.style.point | marker)
        if reached == longest:
            arrow = {"arrowstyle": "->", "color": one.style.colour, "lw": 1.2}
            axes.annotate("", (place, height * 2.1), (place, height * 1.15), arrowprops=arrow, annotation_clip=False)
