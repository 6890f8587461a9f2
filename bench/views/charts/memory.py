"""What a memory does step by step while one example is written: its traces, lines over the steps of decoding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.views.charts.axes import Scale
from bench.views.charts.line import Curve, LineChart
from bench.views.charts.panel import Panel
from bench.views.charts.style import SeriesStyle, style_at

SIZE = (4.5, 2.4)  # inches
WEIGHT = "weight"  # series so named lie between 0 and 1 and are drawn by themselves
MARKED = 60  # up to so many steps each is marked
Series = Mapping[str, Sequence[float | None]]  # None where a number overflowed


def memory_panels(traces: Sequence[Mapping[str, Any]]) -> list[Panel]:
    """Return the charts: positions and depths above, weights below, the first trace on the left.

    traces: as records have them: length, and series with a number a step
    """
    panels = []
    for kind, scale in (("", Scale("")), (WEIGHT, Scale(WEIGHT, limits=(-0.03, 1.06)))):
        for trace in traces:
            names = list(trace["series"])  # they number the styles
            series = {name: values for name, values in trace["series"].items() if (WEIGHT in name) == bool(kind)}
            if series:
                styles = {name: style_at(names.index(name)) for name in series}
                title = f"{kind}{', ' if kind else ''}length {trace['length']:,}"
                panels.append(trace_panel(title, series, styles, scale))
    return panels


def trace_panel(title: str, series: Series, styles: Mapping[str, SeriesStyle], scale: Scale) -> Panel:
    """Return one chart, which names its lines unless it is of one weight alone."""
    steps = max(map(len, series.values()))
    marked = "all" if steps <= MARKED else "none"
    curves = [Curve(name, styles[name], range(1, steps + 1), values, marked=marked) for name, values in series.items()]
    said = f"{'; '.join(f'{name} {alt_text(values)}' for name, values in series.items())}, in {steps} steps."
    legend = len(series) > 1 or not scale.name
    return LineChart(title, curves, Scale("step of decoding"), scale, alt_text=said, legend=legend, size=SIZE).panel()


def alt_text(values: Sequence[float | None]) -> str:
    """Say where a series begins and ends, and how far it goes between."""
    known = [value for value in values if value is not None]
    if not known:
        return "has no number"
    return f"from {known[0]:g} to {known[-1]:g}, between {min(known):g} and {max(known):g}"
