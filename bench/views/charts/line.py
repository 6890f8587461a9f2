"""A chart of lines with bands: by length, horizon, context, step or commit.

    exact = Scale("exact match", "share")
    curves = [Curve.of_seeds("gru", style_at(0), lengths, values)]  # values (seeds, lengths), NaN where one has none
    panel = LineChart("by length", curves, Scale("length", "length"), exact, trained=[(3, 14)]).panel()
    Drawing("length-copy", "copy: exact match by length", [panel], styles={"gru": style_at(0)})

A curve is given by its centre and the ends of its band, or by its seeds: then it is their mean, from the lowest seed to
the highest. A curve without any number is left out; a chart without any can still be drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from bench.views.charts.axes import Scale, share_axis, trained_range
from bench.views.charts.panel import MARGINS, WIDE, Panel, Tips, series
from bench.views.charts.reference import mark_levels
from bench.views.charts.style import SeriesStyle

BAND_ALPHA, RANGE_ALPHA = 0.13, 0.45
MARKER = 4.0


@dataclass(frozen=True)
class Curve:
    """One line: where it is, between which ends its band lies (none: no band), what each point says on a page.

    part: tells curves of one family apart; joined: else points, each with a bar between its ends
    marked: "all" of its points have markers, or its "end" alone
    """

    name: str
    style: SeriesStyle
    x: ArrayLike
    centre: ArrayLike
    low: ArrayLike | None = None
    high: ArrayLike | None = None
    tips: Sequence[str] = ()
    part: object = "points"
    joined: bool = True
    marked: str = "all"

    @classmethod
    def of_seeds(
        cls, name: str, style: SeriesStyle, x: Sequence[float], values: ArrayLike, marked: str = "all"
    ) -> Curve:
        """Return the mean over seeds, from the lowest to the highest, where any has a number: values (seeds, x)."""
        found = np.asarray(values, dtype=float)
        known = np.isfinite(found).any(0)
        shown = np.where(np.isfinite(found), found, np.nan)[:, known]
        ends = (np.nanmin(shown, 0), np.nanmax(shown, 0)) if known.any() else ([], [])
        mean = np.nanmean(shown, 0) if known.any() else []
        return cls(name, style, np.asarray(x)[known], mean, *ends, marked=marked)

    @property
    def points(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where it is: x and centre, NaN where it has a gap."""
        return np.asarray(self.x, dtype=float), np.asarray(self.centre, dtype=float)

    def draw(self, axes: Axes, clipped: bool) -> Tips:
        """Draw it; a gap is left where there is no number."""
        x, centre = self.points
        if self.low is not None and self.high is not None:
            self.draw_ends(axes, x, np.asarray(self.low, dtype=float), np.asarray(self.high, dtype=float))
        gid = series(self.style, self.part)
        shape = {"clip_on": clipped, "markersize": MARKER} | (self.style.line if self.joined else {"ls": ""})
        known = np.isfinite(centre)
        if self.marked == "all":
            axes.plot(x, centre, gid=gid, **shape | self.style.point)
            return {gid: [tip for tip, shown in zip(self.tips, known, strict=True) if shown]} if self.tips else {}
        axes.plot(x, centre, gid=gid, **shape | {"lw": 1.2, "alpha": 0.75})
        last = np.flatnonzero(known)[-1:]
        axes.plot(x[last], centre[last], gid=f"{gid}.end", **shape | {"ls": ""} | self.style.point)
        return {f"{gid}.end": [self.tips[place] for place in last]} if self.tips and len(last) else {}

    def draw_ends(
        self, axes: Axes, x: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
    ) -> None:
        """Shade its band, or draw a bar at each of its points."""
        colour = self.style.colour
        if self.joined:
            band = axes.fill_between(x, low, high, color=colour, alpha=BAND_ALPHA, lw=0)
        else:
            band = axes.vlines(x, low, high, color=colour, alpha=RANGE_ALPHA, lw=2.5)
        band.set_gid(series(self.style, "interval" if self.part == "points" else f"{self.part}.interval"))


@dataclass(frozen=True)
class LineChart:
    """Lines on common axes, the first on top.

    trained: ranges of x that training had, shaded; levels: values of y that are named at the right, such as compressors
    """

    title: str
    curves: Sequence[Curve]
    x: Scale
    y: Scale
    trained: Sequence[tuple[float, float]] = ()
    levels: Mapping[str, float] = field(default_factory=dict)
    alt_text: str = ""
    size: tuple[float, float] = WIDE
    margins: tuple[float, float, float, float] = MARGINS

    def panel(self) -> Panel:
        """Return it as a picture."""
        return Panel(self.title, self.alt_text or self.ends(), self.draw, self.size, self.margins)

    def draw(self, axes: Axes) -> Tips:
        """Draw it."""
        self.x.apply(axes.xaxis, [value for curve in self.curves for value in curve.points[0]])
        values = [value for curve in self.curves for value in curve.points[1][np.isfinite(curve.points[1])]]
        if self.y.form == "share":
            share_axis(axes, self.y.name)
        else:
            self.y.apply(axes.yaxis, values)
        tips: Tips = {}
        for curve in reversed(self.curves):
            if len(curve.points[0]):
                tips |= curve.draw(axes, clipped=self.y.top is not None)
        self.limit(axes)
        mark_levels(axes, self.levels)
        for low, high in self.trained:
            trained_range(axes, (low, high))
        return tips

    def limit(self, axes: Axes) -> None:
        """Cut off what is above the scale's top, and never show noise as large."""
        if self.y.top is not None:
            axes.set_ylim(top=min(axes.get_ylim()[1], self.y.top))
        low, high = axes.get_ylim()
        missing = max(0.0, self.y.least - (high - low)) / 2
        if missing:
            axes.set_ylim(low - missing, high + missing)

    def ends(self) -> str:
        """Say in words what is to be seen: each curve where training ends (else where it begins), and at its end."""
        said = [f"{curve.name} {self.ends_of(curve)}" for curve in self.curves]
        where = f", trained up to {max(high for _, high in self.trained):g}" if self.trained else ""
        return f"{self.y.name} by {self.x.name}{where}: {'; '.join(said)}."

    def ends_of(self, curve: Curve) -> str:
        """Say where one curve is at the end of training, or where it begins, and at its end."""
        x, centre = curve.points
        known = np.flatnonzero(np.isfinite(centre))
        if not len(known):
            return "no number"
        inside = [place for place in known if any(low <= x[place] <= high for low, high in self.trained)]
        places = dict.fromkeys((inside[-1] if inside else known[0], known[-1]))
        return " and ".join(
            f"{self.y.write(centre[place])} at {self.x.ticks.get(x[place], f'{x[place]:g}')}" for place in places
        )
