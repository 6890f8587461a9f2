"""The headline of each pair over commits."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from bench.views.charts.axes import Scale
from bench.views.charts.line import Curve, LineChart
from bench.views.charts.panel import Panel, together
from bench.views.charts.style import SeriesStyle, styled, styles_of
from bench.views.numbers import percent

COLUMNS = 2
SPLITS = {"inside": "in distribution", "beyond": "extrapolation"}
SHORT = 7  # characters of a commit


@styled()
def history_chart(frame: pd.DataFrame) -> Figure:
    """Draw a task a row, in distribution left and extrapolation right, a line a family over commits in order of date.

    frame: columns commit, date, suite, task, model, seeds, inside, beyond; a row a commit and pair
    """
    if frame.empty:
        raise ValueError("no history to draw: the frame has no rows")
    styles = styles_of(frame["model"])
    commits = list(dict.fromkeys(frame.sort_values(["date", "commit"])["commit"]))
    panels = [
        history_panel(f"{task} {name}", rows, split, commits, styles)
        for task, rows in frame.groupby("task")
        for split, name in SPLITS.items()
    ]
    return together("Exact match over commits", panels, COLUMNS, styles)


def history_panel(
    title: str, rows: pd.DataFrame, split: str, commits: list[str], styles: Mapping[str, SeriesStyle]
) -> Panel:
    """Return a line a family; a commit without the pair leaves a gap."""
    curves = []
    for model, found in rows.groupby("model"):
        values = found.groupby("commit")[split].mean().reindex(commits)
        tips = [
            f"{model} at {commit[:SHORT]}: {percent(value)} %" for commit, value in zip(commits, values, strict=True)
        ]
        curves.append(Curve(str(model), styles[str(model)], range(len(commits)), values.to_numpy(float), tips=tips))
    ticks = {float(place): commit[:SHORT] for place, commit in enumerate(commits)}
    x = Scale("commit", ticks=ticks, limits=(-0.3, len(commits) - 0.7))
    return LineChart(title, curves, x, Scale("exact match", "share")).panel()
