"""A chart of dots: a dot a seed, a bar at the mean, each series on a row of its own or several on one.

    errors = Scale("free-running NRMSE", "log")
    dots = [Dots("2 units", style_at(0), [0.01, 0.02]), Dots("3 units", style_at(1), [0.5, 0.4])]
    panel = DotChart("error at the training horizon", dots, errors).panel()

Series with the same `row` stand on one row, a little above each other, told apart by their styles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from bench.views.charts.axes import Scale
from bench.views.charts.panel import HALF, LETTER, MARGINS, Panel, Tips
from bench.views.charts.style import INK, SeriesStyle, label

SPREAD, BAR = 0.32, 0.6  # of the height of a series: what its seeds take, and the bar at their mean
FILLED = 0.75  # of a row's height, where it has several series


@dataclass(frozen=True)
class Dots:
    """The seeds of one series; mean: where it is not their arithmetic mean; name: what the row's name does not say."""

    row: str
    style: SeriesStyle
    values: Sequence[float]
    mean: float | None = None
    written: str = ""
    name: str = ""

    @property
    def known(self) -> NDArray[np.float64]:
        """The numbers of those seeds that have one."""
        values = np.asarray(self.values, dtype=float)
        return values[np.isfinite(values)]

    @property
    def centre(self) -> float:
        """Where its bar stands."""
        return float(self.known.mean()) if self.mean is None else self.mean


@dataclass(frozen=True)
class DotChart:
    """Dots on one axis, the first row on top; the mean is written above its bar where a row has one series."""

    title: str
    dots: Sequence[Dots]
    x: Scale
    size: tuple[float, float] = HALF

    def panel(self) -> Panel:
        """Return it as a picture, with room on the left for the names of the rows."""
        margins = (0.28 + LETTER * max(len(label(one.row)) for one in self.dots), *MARGINS[1:])
        means = "; ".join(f"{one.row} {one.name + ' ' if one.name else ''}{self.mean(one)}" for one in self.dots)
        return Panel(self.title, f"{self.x.name}, mean over seeds: {means}.", self.draw, self.size, margins)

    def mean(self, one: Dots) -> str:
        """Write the mean of a series."""
        return one.written or self.x.write(one.centre) if len(one.known) else "no number"

    def draw(self, axes: Axes) -> Tips:
        """Draw it."""
        every = [value for one in self.dots for value in one.known.tolist()]
        rows = {row: [one for one in self.dots if one.row == row] for row in (one.row for one in self.dots)}
        self.x.apply(axes.xaxis, every)
        for place, found in enumerate(rows.values()):
            for index, one in enumerate(found):
                if len(one.known):
                    room = FILLED / len(found) if len(found) > 1 else 1.0
                    self.draw_series(axes, one, place + room * (index + 0.5 - len(found) / 2), room)
        axes.set(yticks=range(len(rows)), yticklabels=[label(row) for row in rows])
        axes.set_ylim(len(rows) - 0.4, -0.8)
        axes.tick_params(axis="y", length=0)
        if self.x.form != "log" and (limits := self.x.free_limits(every)):
            axes.set_xlim(limits)
        return {}

    def draw_series(self, axes: Axes, one: Dots, height: float, room: float) -> None:
        """Draw the seeds of a series spread over a little height, and the bar at their mean."""
        spread = np.linspace(-0.5, 0.5, len(one.known)) * SPREAD * room if len(one.known) > 1 else np.zeros(1)
        axes.plot(one.known, height + spread, ls="", alpha=0.8, clip_on=False, **one.style.point)
        ends = [height - BAR * room / 2, height + BAR * room / 2]
        axes.plot([one.centre] * 2, ends, color=INK, lw=1.6, clip_on=False)
        if room == 1:
            said = self.mean(one) if one.written else self.mean(one).removesuffix(" %")
            axes.text(one.centre, ends[0] - 0.03, said, ha="center", va="bottom", size=8)
