"""A signal that a model continues by itself, beside the truth."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from bench.views.charts.panel import Panel, axes_of
from bench.views.charts.signals import ROOM, numbers
from bench.views.charts.style import INK, label, look_at, styled

SIZE, MARGINS = (8.0, 3.4), (0.66, 0.14, 0.32, 0.82)  # inches, the legend below
Signal = Sequence[float | None]  # None where a number overflowed


@styled()
def continuation_figure(
    task: str, model: str, given: Signal, truth: Signal, own: Signal, error: float, step: float | None
) -> Figure:
    """Draw the observed part, shaded, then the truth as a broad pale line and the model's continuation over it.

    error: the NRMSE; step: time from sample to sample, None where the task says none
    """
    begin, end = len(given), len(given) + len(truth)
    figure = Figure(figsize=SIZE)
    axes = axes_of(figure, Panel("", "", lambda _: {}, SIZE, MARGINS), 0, 0, titled=True)
    whole = numbers([*given, *truth])
    axes.axvspan(0, begin - 1, color=INK, alpha=0.07, lw=0, label="observed part")
    axes.plot(np.arange(end), whole, color=INK, alpha=0.3, lw=4, solid_capstyle="round", label="truth")
    written = numbers([given[-1], *own])  # from the last observed sample on
    axes.plot(np.arange(begin - 1, end), written, lw=1.5, color=look_at(0).colour, label=f"continued by {label(model)}")
    low, high = np.nanmin(whole), np.nanmax(whole)
    room = ROOM * max(high - low, np.finfo(float).eps)
    every = "" if step is None else f", one every {step:g} units of time"
    axes.set(xlabel=f"time (samples{every})", ylabel="signal (no unit)")
    axes.set(xlim=(0, end - 1), ylim=(low - room, high + room))
    said = f"NRMSE {100 * error:.2f} %" if math.isfinite(error) else "overflow"
    axes.set_title(f"{label(task)}, {label(model)}: {len(own)} samples by itself, {said}")
    figure.legend(loc="lower center", ncols=3)
    return figure
