"""What a model writes step by step: signals beside the truth, and what its memory does meanwhile."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.analysis.parts import numbers_of
from bench.views.charts.axes import Scale
from bench.views.charts.line import Curve, LineChart
from bench.views.charts.material import Run
from bench.views.charts.panel import SMALL, Panel, Tips, axes_of
from bench.views.charts.style import INK, SeriesStyle, label, style_at, styled

ROOM = 0.6  # of the truth's height, above and below it: what leaves that is cut off
FIGURE, MARGINS = (8.0, 3.4), (0.66, 0.14, 0.32, 0.82)  # inches, the legend below
TRACE = (4.5, 2.4)  # inches
WEIGHT = "weight"  # series of a memory so named lie between 0 and 1 and are drawn by themselves
MARKED = 60  # up to so many steps each is marked
Signal = Sequence[float | None]  # None where a number overflowed


@dataclass(frozen=True)
class SignalChart:
    """The truth as a broad pale line, continuations by series over it, from step `first` on; `given`: what was read."""

    title: str
    truth: Signal
    continued: Mapping[str, Signal]
    styles: Mapping[str, SeriesStyle]
    first: int = 0
    given: Signal = ()
    x: str = "step after the observed part"
    size: tuple[float, float] = SMALL

    def panel(self) -> Panel:
        """Return it as a picture."""
        return Panel(self.title, self.alt_text, self.draw, self.size)

    def draw(self, axes: Axes) -> Tips:
        """Draw it."""
        truth, start = np.array([*self.given, *self.truth], dtype=float), self.first - len(self.given)
        if self.given:
            axes.axvspan(start, self.first - 1, color=INK, alpha=0.07, lw=0, label="observed part")
        steps = np.arange(start, start + len(truth))
        axes.plot(steps, truth, color=INK, alpha=0.3, lw=4, solid_capstyle="round", label="truth")
        last = self.given[-1:]  # continuations start where the observed part ends
        for name, signal in self.continued.items():
            own, begin = np.array([*last, *signal], dtype=float), self.first - len(last)
            axes.plot(np.arange(begin, begin + len(own)), own, label=name, **self.styles[name].line | {"lw": 1.5})
        low, high = np.nanmin(truth), np.nanmax(truth)
        room = ROOM * max(high - low, np.finfo(float).eps)
        axes.set(xlabel=self.x, ylabel="signal", ylim=(low - room, high + room))
        axes.locator_params(nbins=6)
        return {}

    @property
    def alt_text(self) -> str:
        """Say how far each continuation is from the truth at its worst."""
        truth, said = np.array(self.truth, dtype=float), []
        for name, signal in self.continued.items():
            own = np.array(signal, dtype=float)
            errors = np.abs(own[: len(truth)] - truth[: len(own)])
            lost = int(np.isnan(errors).sum())
            known = f"by {np.nanmax(errors):.2g}" if lost < len(errors) else "has no number"
            said.append(f"{name} {known}{f', {lost} steps overflowed' if 0 < lost < len(errors) else ''}")
        return f"Farthest from the truth, which spans {np.nanmax(truth) - np.nanmin(truth):.2g}: {'; '.join(said)}."


def signal_panels(run: Run, task: str) -> list[Panel]:
    """Return a task's charts: of each family, the first example that its first seed kept at each length."""
    panels = []
    for model, (record, *_) in run.records(task).items():
        for length, one in sorted({one["length"]: one for one in reversed(record["samples"])}.items()):
            truth, own = numbers_of(one["truth"]), numbers_of(one["written"])
            if truth and own is not None:
                chart = SignalChart(f"{model}, horizon {length}", truth, {model: own}, run.styles, one["first"])
                panels.append(chart.panel())
    return panels


@styled()
def continuation_figure(
    task: str, model: str, given: Signal, truth: Signal, own: Signal, error: float, step: float | None
) -> Figure:
    """Draw the observed part, shaded, then the truth and the model's continuation over it.

    error: the NRMSE; step: time from sample to sample, None where the task says none
    """
    name = f"continued by {label(model)}"
    every = "" if step is None else f", one every {step:g} units of time"
    chart = SignalChart(
        "", truth, {name: own}, {name: style_at(0)}, len(given), given, f"time (samples{every})", FIGURE
    )
    figure = Figure(figsize=FIGURE)
    axes = axes_of(figure, Panel("", "", chart.draw, FIGURE, MARGINS), titled=True)
    chart.draw(axes)
    axes.set(ylabel="signal (no unit)", xlim=(0, len(given) + len(truth) - 1))
    said = f"NRMSE {100 * error:.2f} %" if math.isfinite(error) else "overflow"
    axes.set_title(f"{label(task)}, {label(model)}: {len(own)} samples by itself, {said}")
    figure.legend(loc="lower center", ncols=3)
    return figure


def memory_panels(traces: Sequence[Mapping[str, Any]]) -> list[Panel]:
    """Return what a memory does while an example is written: positions and depths above, weights below.

    A chart names its lines unless it is of one weight alone; the first trace stands on the left.

    traces: as records have them: length, and series with a number a step, None where one overflowed
    """
    panels = []
    for kind, scale in (("", Scale("")), (WEIGHT, Scale(WEIGHT, limits=(-0.03, 1.06)))):
        for trace in traces:
            curves, said = [], []
            for index, (name, values) in enumerate(trace["series"].items()):
                known = [value for value in values if value is not None]
                ends = "has no number"
                if known:
                    ends = f"from {known[0]:g} to {known[-1]:g}, between {min(known):g} and {max(known):g}"
                if (WEIGHT in name) == bool(kind):
                    steps = range(1, len(values) + 1)
                    marked = "all" if len(steps) <= MARKED else "none"
                    curves.append(Curve(name, style_at(index), steps, values, marked=marked))
                    said.append(f"{name} {ends}")
            if curves:
                title = f"{kind}{', ' if kind else ''}length {trace['length']:,}"
                x, text = Scale("step of decoding"), f"{'; '.join(said)}, in {len(curves[0].x)} steps."
                legend = len(curves) > 1 or not kind
                panels.append(LineChart(title, curves, x, scale, alt_text=text, legend=legend, size=TRACE).panel())
    return panels
