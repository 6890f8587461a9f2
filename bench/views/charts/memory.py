"""What a memory does step by step while one example is written: its traces, lines over the steps of decoding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.views.charts.axes import Scale
from bench.views.charts.line import Curve, LineChart
from bench.views.charts.panel import Panel
from bench.views.charts.style import style_at

SIZE = (4.5, 2.4)  # inches
WEIGHT = "weight"  # series so named lie between 0 and 1 and are drawn by themselves
MARKED = 60  # up to so many steps each is marked
Series = Mapping[str, Sequence[float | None]]  # None where a number overflowed


def memory_panels(traces: Sequence[Mapping[str, Any]]) -> list[Panel]:
    """Return the charts: positions and depths above, weights below, the first trace on the left.

    traces: as records have them: length, and series with a number a step
    """
    panels = []
    for are_weights in (False, True):
        for trace in traces:
            series = {name: values for name, values in trace["series"].items() if (WEIGHT in name) == are_weights}
            if series:
                panels.append(trace_panel(trace["length"], series, list(trace["series"]), are_weights))
    return panels


def trace_panel(length: int, series: Series, names: Sequence[str], are_weights: bool) -> Panel:
    """Return one chart; names: of all series of the trace, which number their styles."""
    steps = max(map(len, series.values()))
    curves = [
        Curve(
            name,
            style_at(names.index(name)),
            range(1, len(values) + 1),
            values,
            marked="all" if steps <= MARKED else "none",
        )
        for name, values in series.items()
    ]
    scale = Scale(WEIGHT, limits=(-0.03, 1.06)) if are_weights else Scale("")
    title = f"{f'{WEIGHT}, ' if are_weights else ''}length {length:,}"
    return LineChart(
        title, curves, Scale("step of decoding"), scale, alt_text=alt_text(series, steps),
        legend=len(series) > 1 or not are_weights, size=SIZE,
    ).panel()  # fmt: skip


def alt_text(series: Series, steps: int) -> str:
    """Say where each series begins and ends, and how far it goes between."""
    said = []
    for name, values in series.items():
        known = [value for value in values if value is not None]
        if known:
            said.append(f"{name} from {known[0]:g} to {known[-1]:g}, between {min(known):g} and {max(known):g}")
        else:
            said.append(f"{name} has no number")
    return f"{'; '.join(said)}, in {steps} steps."
