"""Horizons against the longest training length: the same task, trained on shorter and on longer strings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from bench.views.charts.axes import Scale, plain, round_numbers
from bench.views.charts.line import Curve, LineChart
from bench.views.charts.panel import HALF, Panel, Tips
from bench.views.charts.style import INK, SeriesStyle

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

    def written(self) -> list[str]:
        """Say every horizon."""
        return [f"{int(n)} trained up to {edge}" for n, edge in zip(self.reached, self.edges, strict=True)]


def horizon_panel(title: str, found: Sequence[Horizons], name: str = "horizon L99") -> Panel:
    """Return the chart: a line a family, and guides where the horizon is 1, 10 and 100 times the training length."""
    said = "; ".join(f"{one.name} {', '.join(one.written())}" for one in found)
    alt_text = f"{name} by the longest training length: {said}."
    return Panel(title, alt_text, partial(draw, found, name), HALF)


def draw(found: Sequence[Horizons], name: str, axes: Axes) -> Tips:
    """Draw it; lines that meet stand a little beside each other."""
    edges = sorted({edge for one in found for edge in one.edges})
    reached = [float(value) for one in found for value in one.reached if value]
    bottom, high = min([*reached, *edges]) / 2, max([*reached, *edges]) * 2.5
    ticks = {bottom: "none"} | {value: plain(value) for value in round_numbers(1.5 * bottom, high)}
    places = [
        np.array(one.edges) * np.power(edges[-1] / edges[0], APART * (place - (len(found) - 1) / 2))
        for place, one in enumerate(found)
    ]
    chart = LineChart(
        "",
        [curve(one, x, bottom) for one, x in zip(found, places, strict=True)],
        Scale("longest training length", "log", ticks={edge: plain(edge) for edge in edges}),
        Scale(name, "log", ticks=ticks, limits=(bottom, high)),
    )
    chart.draw(axes)
    for times in GUIDES:
        draw_guide(axes, times, edges, high)
    for one, x in zip(found, places, strict=True):
        draw_points(axes, one, x, bottom)
    return {}


def curve(one: Horizons, x: NDArray[np.float64], bottom: float) -> Curve:
    """Return a family's line with the intervals of its horizons, where they have a width."""
    low, high = np.maximum(np.array(one.low, dtype=float), bottom), np.array(one.high, dtype=float)
    low = np.where(low < high, low, np.nan)
    centre = [value or bottom for value in one.reached]
    return Curve(one.name, one.style, x, centre, low, np.where(np.isnan(low), np.nan, high), bars=True, marked="none")


def draw_guide(axes: Axes, times: int, edges: Sequence[int], high: float) -> None:
    """Draw the line on which the horizon is so many times the longest training length."""
    ends = np.array([edges[0], min(edges[-1], high / times)])
    if ends[1] > ends[0]:
        axes.plot(ends, times * ends, color=INK, alpha=0.35, lw=1, ls=":", zorder=1)
        middle = float(np.sqrt(edges[0] * edges[1]))  # between the points
        axes.text(middle, 1.12 * times * middle, f"{times}x", ha="right", size=7.5, alpha=0.6)


def draw_points(axes: Axes, one: Horizons, x: NDArray[np.float64], bottom: float) -> None:
    """Mark a family's horizons, an arrow where one is censored, a cross where there is none."""
    for place, reached, longest in zip(x, one.reached, one.longest, strict=True):
        height = reached or bottom
        marker = {} if reached else {"marker": "x", "markeredgewidth": 1.4}
        axes.plot([place], [height], ls="", clip_on=False, **one.style.point | marker)
        if reached == longest:
            arrow = {"arrowstyle": "->", "color": one.style.colour, "lw": 1.2}
            axes.annotate("", (place, height * 2.1), (place, height * 1.15), arrowprops=arrow, annotation_clip=False)
