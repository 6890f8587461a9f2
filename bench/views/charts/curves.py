"""Learning curves: held-out exact match and training loss against the step, a line a seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np

from bench.analysis.parts import curve_of
from bench.records.store import Record
from bench.views.charts.axes import Scale
from bench.views.charts.line import Curve, LineChart
from bench.views.charts.material import NATS, Run, primary_metric
from bench.views.charts.panel import Panel
from bench.views.charts.style import SeriesStyle
from bench.views.numbers import percent

Learners = Mapping[str, Sequence[Record]]  # by family, those seeds that have a curve
MEASURES = {"exact": "held-out exact match", "loss": "training loss"}


def learners(records: Mapping[str, Sequence[Record]]) -> dict[str, list[Record]]:
    """Return the families that were trained step by step: what is fitted at once has no curve."""
    kept = {model: [record for record in found if record["curve"]] for model, found in records.items()}
    return {model: found for model, found in kept.items() if found}


def curve_panels(run: Run, task: str) -> list[Panel]:
    """Return a task's charts, one for each of what was measured at all."""
    found, styles = learners(run.records(task)), run.styles
    every = list(chain(*found.values()))
    return [
        LineChart(
            name,
            [seed_curve(model, styles[model], record, measure) for model, seeds in found.items() for record in seeds],
            Scale("step"),
            scale_of(measure, every),
            alt_text=alt_text(found, measure),
        ).panel()
        for measure, name in MEASURES.items()
        if any(value is not None for record in every for value in curve_of(record, measure)[1])
    ]


def scale_of(measure: str, records: Sequence[Record]) -> Scale:
    """Return the axis of a measure; nats seldom span a factor of ten."""
    if measure == "exact":
        return Scale(MEASURES[measure], "share")
    nats = any(primary_metric(record) == NATS for record in records)
    return Scale("training loss, nats per token") if nats else Scale("training loss", "log")


def seed_curve(model: str, style: SeriesStyle, record: Record, measure: str) -> Curve:
    """Return the curve of one seed; its end is marked and says where it got to. What overflowed leaves a gap."""
    steps, values = (np.array(part, dtype=np.float64) for part in curve_of(record, measure))
    if measure == "loss":
        values = np.where(values > 0, values, np.nan)  # no logarithm has a place for 0
    tips = [f"{model}, seed {record['seed']}: {end_of(record, measure)}"] * len(steps)
    return Curve(model, style, steps, values, tips=tips, part=record["seed"], marked="end")


def end_of(record: Record, measure: str) -> str:
    """Say where a curve got to."""
    known = [(step, value) for step, value in zip(*curve_of(record, measure), strict=True) if value is not None]
    if not known:
        return "no number"
    step, last = known[-1]
    amount = f"{percent(last)} %" if measure == "exact" else f"{last:.3g}"
    return f"{amount} at step {step}{' (diverged)' if record['status'] == 'diverged' else ''}"


def alt_text(found: Learners, measure: str) -> str:
    """Say where each family's first seed got to."""
    parts = [f"{model} {end_of(seeds[0], measure)}" for model, seeds in found.items()]
    return f"{MEASURES[measure].capitalize()} at the end of the first seed: {'; '.join(parts)}."
