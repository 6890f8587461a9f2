"""Learning curves: held-out exact match and training loss against the step, a line a seed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import chain

import numpy as np
from matplotlib.axes import Axes

from bench.records.store import Record
from bench.views.charts.axes import log_axis, plain, share_axis
from bench.views.charts.panel import WIDE, Panel, Tips, series
from bench.views.charts.style import Look
from bench.views.numbers import percent
from bench.views.texts import is_text

Learners = Mapping[str, list[Record]]  # by family, those seeds that have a curve
MEASURES = {"exact": "held-out exact match", "loss": "training loss"}


def learners(records: Mapping[str, list[Record]]) -> dict[str, list[Record]]:
    """Return the families that were trained step by step: what is fitted at once has no curve."""
    kept = {model: [record for record in found if record["curve"]] for model, found in records.items()}
    return {model: found for model, found in kept.items() if found}


def curve_panels(found: Learners, looks: Mapping[str, Look]) -> list[Panel]:
    """Return a task's charts, one for each of what was measured at all."""
    return [
        Panel(name, in_words(found, measure), partial(draw_curves, found, measure, looks), WIDE)
        for measure, name in MEASURES.items()
        if any(look[measure] is not None for record in chain(*found.values()) for look in record["curve"])
    ]


def draw_curves(found: Learners, measure: str, looks: Mapping[str, Look], axes: Axes) -> Tips:
    """Draw a line a seed; its end is marked and says where it got to. What overflowed leaves a gap."""
    tips: Tips = {}
    every: list[float] = []
    for model, records in found.items():
        for record in records:
            look = looks[model]
            steps, values = curve(record, measure)
            every += [value for value in values.tolist() if value > 0]
            gid = series(look, record["seed"])
            axes.plot(steps, values, alpha=0.75, lw=1.2, **look.line)[0].set_gid(gid)
            known = np.flatnonzero(np.isfinite(values))
            if len(known):
                end = known[-1]
                axes.plot(steps[end : end + 1], values[end : end + 1], ls="", gid=f"{gid}.end", **look.point)
                tips[f"{gid}.end"] = [f"{model}, seed {record['seed']}: {said(record, measure)}"]
    axes.set_xlabel("step")
    axes.xaxis.set_major_formatter(plain)
    axes.locator_params(axis="x", nbins=6)
    if measure == "exact":
        share_axis(axes, "held-out exact match, %")
    elif any(is_text(record) for record in chain(*found.values())):  # nats of a symbol seldom span a factor of ten
        axes.set_ylabel("training loss, nats of a symbol")
    else:
        axes.set_ylabel("training loss")
        log_axis(axes.yaxis, every)
    return tips


def curve(record: Record, measure: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a record's steps and what was measured there, NaN where nothing was or no logarithm has a place for it."""
    steps = np.array([look["step"] for look in record["curve"]], dtype=float)
    values = np.array([look[measure] for look in record["curve"]], dtype=float)
    return steps, np.where(values > 0, values, np.nan) if measure == "loss" else values


def said(record: Record, measure: str) -> str:
    """Say where a curve got to."""
    known = [look for look in record["curve"] if look[measure] is not None]
    if not known:
        return "no number"
    last = known[-1]
    amount = f"{percent(last['exact'])} %" if measure == "exact" else f"{last['loss']:.3g}"
    return f"{amount} at step {last['step']}{' (diverged)' if record['status'] == 'diverged' else ''}"


def in_words(found: Learners, measure: str) -> str:
    """Say where each family's first seed got to."""
    parts = [f"{model} {said(records[0], measure)}" for model, records in found.items()]
    return f"{MEASURES[measure].capitalize()} at the end of the first seed: {'; '.join(parts)}."
