"""Signals that models continue by themselves, beside the truth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bench.analysis.parts import numbers_of
from bench.views.charts.material import Run
from bench.views.charts.panel import SMALL, Panel, Tips, axes_of
from bench.views.charts.style import INK, SeriesStyle, label, style_at, styled

ROOM = 0.6  # of the truth's height, above and below it: what leaves that is cut off
FIGURE, MARGINS = (8.0, 3.4), (0.66, 0.14, 0.32, 0.82)  # inches, the legend below
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
        truth, start = numbers([*self.given, *self.truth]), self.first - len(self.given)
        if self.given:
            axes.axvspan(start, self.first - 1, color=INK, alpha=0.07, lw=0, label="observed part")
        steps = np.arange(start, start + len(truth))
        axes.plot(steps, truth, color=INK, alpha=0.3, lw=4, solid_capstyle="round", label="truth")
        last = self.given[-1:]  # continuations start where the observed part ends
        for name, signal in self.continued.items():
            own = numbers([*last, *signal])
            begin = self.first - len(last)
            axes.plot(np.arange(begin, begin + len(own)), own, label=name, **self.styles[name].line | {"lw": 1.5})
        low, high = np.nanmin(truth), np.nanmax(truth)
        room = ROOM * max(high - low, np.finfo(float).eps)
        axes.set(xlabel=self.x, ylabel="signal", ylim=(low - room, high + room))
        axes.locator_params(nbins=6)
        return {}

    @property
    def alt_text(self) -> str:
        """Say how far each continuation is from the truth at its worst."""
        truth = numbers(self.truth)
        said = "; ".join(f"{name} {worst(truth, numbers(own))}" for name, own in self.continued.items())
        return f"Farthest from the truth, which spans {np.nanmax(truth) - np.nanmin(truth):.2g}: {said}."


def worst(truth: NDArray[np.float64], own: NDArray[np.float64]) -> str:
    """Say how far a continuation is from the truth at its worst."""
    errors = np.abs(own[: len(truth)] - truth[: len(own)])
    if not np.isfinite(errors).any():
        return "has no number"
    lost = int(np.isnan(errors).sum())
    return f"by {np.nanmax(errors):.2g}{f', {lost} steps overflowed' if lost else ''}"


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
    axes = axes_of(figure, Panel("", "", chart.draw, FIGURE, MARGINS), 0, 0, titled=True)
    chart.draw(axes)
    axes.set(ylabel="signal (no unit)", xlim=(0, len(given) + len(truth) - 1))
    said = f"NRMSE {100 * error:.2f} %" if math.isfinite(error) else "overflow"
    axes.set_title(f"{label(task)}, {label(model)}: {len(own)} samples by itself, {said}")
    figure.legend(loc="lower center", ncols=3)
    return figure


def numbers(values: Signal) -> NDArray[np.float64]:
    """Return numbers, NaN where one overflowed."""
    return np.array(values, dtype=float)
