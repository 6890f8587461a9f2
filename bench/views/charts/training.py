"""What training came to: learning curves, cost against quality, the headline of each pair over commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np
import pandas as pd

from bench.analysis.parts import curve_of
from bench.records.store import Record
from bench.views.charts.axes import Scale
from bench.views.charts.line import Curve, LineChart
from bench.views.charts.material import NATS, Run
from bench.views.charts.panel import SMALL, Drawing, Panel
from bench.views.charts.style import styles_of
from bench.views.numbers import percent

MEASURES = {"exact": "held-out exact match", "loss": "training loss"}
COSTS = {"seconds": "training, seconds", "parameters": "parameters"}
GAINS = {"inside": "in distribution", "beyond": "extrapolation", "area": "area"}
SHORT = 7  # characters of a commit


def learners(records: Mapping[str, Sequence[Record]]) -> dict[str, list[Record]]:
    """Return the families that were trained step by step: what is fitted at once has no curve."""
    kept = {model: [record for record in found if record["curve"]] for model, found in records.items()}
    return {model: found for model, found in kept.items() if found}


def curve_panels(run: Run, task: str) -> list[Panel]:
    """Return a task's learning curves, a line a seed: a chart for each of what was measured at all.

    The end of a line is marked and says where it got to; what overflowed leaves a gap. Nats seldom span a factor of
    ten, other losses have a logarithmic axis.
    """
    found, panels = learners(run.records(task)), []
    for measure, name in MEASURES.items():
        seeds = {model: [(r, *curve_of(r, measure)) for r in records] for model, records in found.items()}
        if not any(value is not None for _, _, values in chain(*seeds.values()) for value in values):
            continue
        curves = []
        for model, record, steps, values in ((model, *seed) for model, each in seeds.items() for seed in each):
            known = np.array(values, dtype=float)
            if measure == "loss":
                known = np.where(known > 0, known, np.nan)  # no logarithm has a place for 0
            tips = [f"{model}, seed {record['seed']}: {end_of(record, measure)}"] * len(steps)
            curves.append(Curve(model, run.styles[model], steps, known, tips=tips, part=record["seed"], marked="end"))
        loss = Scale(f"{name}, nats per token") if run.metric(task) == NATS else Scale(name, "log")
        ends = "; ".join(f"{model} {end_of(records[0], measure)}" for model, records in found.items())
        said = f"{name.capitalize()} at the end of the first seed: {ends}."
        scale = loss if measure == "loss" else Scale(name, "share")
        panels.append(LineChart(name, curves, Scale("step"), scale, alt_text=said).panel())
    return panels


def end_of(record: Record, measure: str) -> str:
    """Say where a learning curve got to."""
    known = [(step, value) for step, value in zip(*curve_of(record, measure), strict=True) if value is not None]
    if not known:
        return "no number"
    step, last = known[-1]
    amount = f"{percent(last)} %" if measure == "exact" else f"{last:.3g}"
    return f"{amount} at step {step}{' (diverged)' if record['status'] == 'diverged' else ''}"


def cost_panels(run: Run, task: str) -> list[Panel]:
    """Return each cost of a task against each kind of accuracy that the task has, or against nats: a point a family.

    The cheapest stand left, the best above, of nats below.
    """
    board, nats = run.ranked(task), run.metric(task) == NATS
    panels = []
    for cost, scale in COSTS.items():
        for gain, name in ({NATS: "nats per token"} if nats else GAINS).items():
            points = []
            for row in board[board[gain].notna()].to_dict("records"):
                amount = f"{row[cost]:,} parameters" if cost == "parameters" else f"{row[cost]:.1f} s"
                reached = f"{row[gain]:.3f} nats" if nats else f"{percent(row[gain])} %"
                model, at = row["model"], ([row[cost]], [row[gain]])
                tips = [f"{model}: {reached} for {amount}"]
                points.append(Curve(model, run.styles[model], *at, tips=tips, part="cost", joined=False))
            if points:
                said = f"{'; '.join(tip for point in points for tip in point.tips)}."
                x, y = Scale(scale, "cost"), Scale(name, "linear" if nats else "share")
                chart = LineChart(f"{name} against {cost}", points, x, y, alt_text=said, marker=8, size=SMALL)
                panels.append(chart.panel())
    return panels


def history_drawing(frame: pd.DataFrame) -> Drawing:
    """Return a task a row, in distribution left and extrapolation right, a line a family over commits in order of date.

    A commit without the pair leaves a gap.

    frame: columns commit, date, suite, task, model, seeds, inside, beyond; a row a commit and pair
    """
    if frame.empty:
        raise ValueError("no history to draw: the frame has no rows")
    styles = styles_of(frame["model"])
    commits = list(dict.fromkeys(frame.sort_values(["date", "commit"])["commit"]))
    ticks = {float(place): commit[:SHORT] for place, commit in enumerate(commits)}
    x = Scale("commit", ticks=ticks, limits=(-0.3, len(commits) - 0.7))
    panels = []
    for task, rows in frame.groupby("task"):
        for split in ("inside", "beyond"):
            curves = []
            for model, found in rows.groupby("model"):
                values = found.groupby("commit")[split].mean().reindex(commits).to_numpy(float)
                curves.append(Curve(str(model), styles[str(model)], range(len(commits)), values))
            panels.append(LineChart(f"{task} {GAINS[split]}", curves, x, Scale("exact match", "share")).panel())
    return Drawing("history", "Exact match over commits", panels, styles=styles)
