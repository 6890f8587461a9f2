"""Charts of a topic: a run without records is left out, a chart without any is none, nor a drawing without charts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.analysis.metrics import METRICS
from bench.analysis.parts import by_length, curve_of
from bench.records.store import Record
from bench.studies.claims.claim import Chart, Topic
from bench.studies.claims.evidence import amount
from bench.studies.claims.measures import NATS, SECONDS, SHARE, Groups, number_of
from bench.views.charts.axes import Scale
from bench.views.charts.dots import DotChart, Dots
from bench.views.charts.line import Curve, LineChart
from bench.views.charts.panel import Drawing, Panel
from bench.views.charts.signals import SignalChart
from bench.views.charts.style import SeriesStyle, style_at

SIZE = (4.5, 2.9)  # inches
LEAST = {SHARE: 0.1, NATS: 0.2}  # what an axis of seeds spans, however near they lie
Found = Mapping[str, Sequence[Record]]  # by the names of a chart's runs
Styles = Mapping[str, SeriesStyle]


def drawing(topic: Topic, groups: Groups) -> Drawing | None:
    """Return the picture of a topic; its legend explains lines, as dots have their names beside them."""
    styles = {name: style_at(index) for index, name in enumerate(topic.runs)}
    panels: list[Panel] = []
    lined: set[str] = set()
    for chart in topic.charts:
        found = {name: groups[pair] for name, pair in chart.runs.items() if groups.get(pair)}
        if found:
            panels.append(PANELS[chart.kind](chart, found, styles))
            lined |= found.keys() if chart.kind != "seeds" else set()
    legend = {name: style for name, style in styles.items() if name in lined} or None
    return Drawing(f"lesson-{topic.name}", topic.title, panels, styles=legend) if panels else None


def score_panel(chart: Chart, found: Found, styles: Styles) -> Panel:
    """Return a score against length: means over seeds, shaded from the lowest to the highest, training lengths too."""
    (metric,) = (metric for metric in METRICS if metric.name == chart.score)
    curves = []
    for name, records in found.items():
        every = sorted({int(length) for record in records for length in record["by_length"]})
        lengths = [length for length in every if length <= chart.longest]
        curves.append(Curve.of_seeds(name, styles[name], lengths, by_length(metric, records, lengths)))
    shown = {length for curve in curves for length in curve.points[0]}
    trained = {length for records in found.values() for length in records[0]["inside_lengths"]} & shown
    form = "log" if chart.log else "share" if metric.unit == "%" else "linear"
    ranges = [(min(trained), max(trained))] if trained else []
    return LineChart(
        chart.title, curves, Scale(chart.x, "length"), Scale(chart.y, form), trained=ranges, size=SIZE
    ).panel()


def seeds_panel(chart: Chart, found: Found, styles: Styles) -> Panel:
    """Return a measure: a dot a seed, a bar at the mean, which of a ratio is the geometric one."""
    measure = chart.measure
    assert measure is not None
    dots = []
    for name, records in found.items():
        values = np.array([number_of(measure, record) for record in records])
        known = values[np.isfinite(values)]
        shown = np.exp(known) if measure.ratio else known
        mean = float(known.mean()) if len(known) else math.nan
        centre = math.exp(mean) if measure.ratio else mean
        written = "" if measure.unit == SHARE else amount(measure, mean, bare=True)
        dots.append(Dots(name, styles[name], shown.tolist(), centre, written=written))
    form = "share" if measure.unit == SHARE else "log" if chart.log else "linear"
    scale = Scale(chart.x, form, least=LEAST.get(measure.unit, 0), from_zero=measure.unit == SECONDS)
    return DotChart(chart.title, dots, scale, size=SIZE).panel()


def training_panel(chart: Chart, found: Found, styles: Styles) -> Panel:
    """Return what validation points saw, means over the seeds that trained that long."""
    curves = [
        Curve.of_seeds(name, styles[name], *validation(chart.score, records), marked="end")
        for name, records in found.items()
    ]
    form = "share" if chart.score == "exact" else "linear"
    return LineChart(chart.title, curves, Scale("training steps"), Scale(chart.y, form), size=SIZE).panel()


def validation(score: str, records: Sequence[Record]) -> tuple[list[int], NDArray[np.float64]]:
    """Return the steps at which any seed has a value, and the values (seeds, steps), NaN where one has none.

    A seed that stopped early because all was right goes on as it stopped.
    """
    every = [zip(*curve_of(record, score), strict=True) for record in records]
    curves = [{step: value for step, value in points if value is not None} for points in every]
    steps = sorted(set().union(*curves))
    lasts = [curve[max(curve)] if curve and score == "exact" else np.nan for curve in curves]
    values = [[curve.get(step, last) for step in steps] for curve, last in zip(curves, lasts, strict=True)]
    return steps, np.array(values, dtype=float)


def signal_panel(chart: Chart, found: Found, styles: Styles) -> Panel:
    """Return one signal continued by the first seed of each run, over the truth."""
    kept = {name: sample(records[0], chart.horizon) for name, records in found.items()}
    truth = next(iter(kept.values()))["truth"]
    continued = {name: one["written"] for name, one in kept.items()}
    return SignalChart(chart.title, truth, continued, styles, size=SIZE).panel()


def sample(record: Record, horizon: int) -> Mapping[str, Any]:
    """Return the first signal that was kept, at this horizon if any."""
    return next((one for one in record["samples"] if one["length"] == horizon), record["samples"][0])


PANELS = {"by length": score_panel, "seeds": seeds_panel, "training": training_panel, "signal": signal_panel}
