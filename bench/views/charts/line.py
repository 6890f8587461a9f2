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
from numpy.typing import NDArray

from bench.views.charts.axes import Scale, mark_levels, trained_range
from bench.views.charts.panel import MARGINS, WIDE, Panel, Tips, legend_handles
from bench.views.charts.style import SeriesStyle, label

BAND_ALPHA, RANGE_ALPHA = 0.13, 0.45
Floats = NDArray[np.float64]
Values = Sequence[float | None] | Floats  # None or NaN where there is no number


@dataclass(frozen=True)
class Curve:
    """One line: where it is, between which ends its band lies (none: no band), what each point says on a page.

    part: tells curves of one family apart; joined: a line joins its points; bars: its ends are bars, not a band
    marked: which of its points have markers: "all", the "end" or "none"
    """

    name: str
    style: SeriesStyle
    x: Sequence[float] | Floats
    centre: Values
    low: Values | None = None
    high: Values | None = None
    tips: Sequence[str] = ()
    part: object = "points"
    joined: bool = True
    bars: bool = False
    marked: str = "all"

    @classmethod
    def of_seeds(
        cls, name: str, style: SeriesStyle, x: Sequence[float], values: Sequence[Values] | Floats, marked: str = "all"
    ) -> Curve:
        """Return the mean over seeds, from the lowest to the highest, where any has a number: values (seeds, x)."""
        found = np.array(values, dtype=float)
        known = np.isfinite(found).any(0)
        shown = np.where(np.isfinite(found), found, np.nan)[:, known]
        lines = (reduced(shown, 0) for reduced in (np.nanmean, np.nanmin, np.nanmax)) if known.any() else ([], [], [])
        centre, low, high = (np.asarray(line, dtype=float) for line in lines)
        return cls(name, style, np.asarray(x, dtype=float)[known], centre, low, high, marked=marked)

    @property
    def points(self) -> tuple[Floats, Floats]:
        """Where it is: x and centre, NaN where it has a gap."""
        return np.asarray(self.x, dtype=float), np.asarray(self.centre, dtype=float)

    def draw(self, axes: Axes, top: float | None, marker: float) -> Tips:
        """Draw it: a gap is left where there is no number, and no point is marked above `top`."""
        x, centre = self.points
        gid = f"family-{self.style.index}.{self.part}"  # pages switch families on and off by it
        clipped, colour = top is not None, self.style.colour
        if self.low is not None and self.high is not None:
            ends = np.array([self.low, self.high], dtype=float)
            if self.bars:
                axes.vlines(x, *ends, color=colour, alpha=RANGE_ALPHA, lw=2.5, gid=f"{gid}.interval")
            else:
                axes.fill_between(x, *ends, color=colour, alpha=BAND_ALPHA, lw=0, gid=f"{gid}.interval")
        if self.joined:
            width = 1.6 if self.marked == "all" else 1.3
            axes.plot(x, centre, gid=f"{gid}.line", clip_on=clipped, lw=width, **self.style.line)
        shown = np.flatnonzero(np.isfinite(centre) & (centre <= (np.inf if top is None else top)))
        places = {"all": shown, "end": shown[-1:], "none": shown[:0]}[self.marked].tolist()
        if places:
            axes.plot(x[places], centre[places], gid=gid, clip_on=clipped, ls="", markersize=marker, **self.style.point)
        return {gid: [self.tips[place] for place in places]} if self.tips and places else {}


@dataclass(frozen=True)
class LineChart:
    """Lines on common axes, the first on top.

    trained: ranges of x that training had, shaded; levels: values of y that are named at the right, such as compressors
    legend: whether the chart itself names its lines
    """

    title: str
    curves: Sequence[Curve]
    x: Scale
    y: Scale
    trained: Sequence[tuple[float, float]] = ()
    levels: Mapping[str, float] = field(default_factory=dict)
    alt_text: str = ""
    legend: bool = False
    marker: float = 4.0
    size: tuple[float, float] = WIDE
    margins: tuple[float, float, float, float] = MARGINS

    def panel(self) -> Panel:
        """Return it as a picture."""
        return Panel(self.title, self.alt_text or self.ends(), self.draw, self.size, self.margins)

    def draw(self, axes: Axes) -> Tips:
        """Draw it; what is above the scale's top is cut off, and noise is never shown as large."""
        for place, (scale, axis) in enumerate(((self.x, axes.xaxis), (self.y, axes.yaxis))):
            scale.apply(axis, [value for curve in self.curves for value in curve.points[place]])
        if self.y.form == "share":
            axes.set(ylim=(-0.03, 1.03), yticks=np.linspace(0, 1, 5))
        tips: Tips = {}
        for curve in reversed(self.curves):
            if len(curve.points[0]):
                tips |= curve.draw(axes, self.y.top, self.marker)
        low, high = axes.get_ylim()
        high = min(high, np.inf if self.y.top is None else self.y.top)
        missing = max(0.0, self.y.least - (high - low)) / 2
        axes.set_ylim(low - missing, high + missing)
        mark_levels(axes, self.levels)
        for inside in self.trained:
            trained_range(axes, inside)
        if self.legend:
            styles = {curve.name: curve.style for curve in self.curves}
            axes.legend(
                handles=legend_handles(styles), labels=[label(name) for name in styles], loc="best", handlelength=1.8,
                borderaxespad=0.1, framealpha=0.8, frameon=True, edgecolor="none",
            )  # fmt: skip
        return tips

    def ends(self) -> str:
        """Say in words what is to be seen: each curve where training ends (else where it begins), and at its end."""
        said = []
        for curve in self.curves:
            x, centre = curve.points
            known = np.flatnonzero(np.isfinite(centre)).tolist()
            inside = [place for place in known if any(low <= x[place] <= high for low, high in self.trained)]
            places = dict.fromkeys([*(inside[-1:] or known[:1]), *known[-1:]])
            ends = [f"{self.y.write(centre[i])} at {self.x.ticks.get(x[i], f'{x[i]:g}')}" for i in places]
            said.append(f"{curve.name} {' and '.join(ends) or 'no number'}")
        where = f", trained up to {max(high for _, high in self.trained):g}" if self.trained else ""
        return f"{self.y.name} by {self.x.name}{where}: {'; '.join(said)}."
