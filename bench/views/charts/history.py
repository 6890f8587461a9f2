"""The headline of each pair over commits."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.views.charts.axes import share_axis
from bench.views.charts.panel import WIDE, Panel, Tips, series, together
from bench.views.charts.style import Look, looks_of, styled
from bench.views.numbers import percent

COLUMNS = 2
SPLITS = {"inside": "inside training", "beyond": "beyond it"}
SHORT = 7  # characters of a commit


@styled()
def history_chart(frame: pd.DataFrame) -> Figure:
    """Draw a task a row, inside training left and beyond it right, a line a family over the commits in order of date.

    frame: columns commit, date, suite, task, model, seeds, inside, beyond; a row a commit and pair
    """
    if frame.empty:
        raise ValueError("no history to draw: the frame has no rows")
    looks = looks_of(frame["model"])
    commits = list(dict.fromkeys(frame.sort_values(["date", "commit"])["commit"]))
    panels = [
        Panel(f"{task} {name}", in_words(rows, split), partial(draw_history, rows, split, commits, looks), WIDE)
        for task, rows in frame.groupby("task")
        for split, name in SPLITS.items()
    ]
    return together("Exact match over commits", panels, COLUMNS, looks)


def draw_history(rows: pd.DataFrame, split: str, commits: list[str], looks: Mapping[str, Look], axes: Axes) -> Tips:
    """Draw a line a family; a commit without the pair leaves a gap."""
    tips = {}
    for model, found in rows.groupby("model"):
        values = found.groupby("commit")[split].mean().reindex(commits)
        look = looks[str(model)]
        axes.plot(range(len(commits)), values, gid=series(look), clip_on=False, **look.line | look.point)
        known = values.dropna().to_dict().items()
        tips[series(look)] = [f"{model} at {str(commit)[:SHORT]}: {percent(value)} %" for commit, value in known]
    share_axis(axes, "exact match, %")
    axes.set(xlabel="commit", xlim=(-0.3, len(commits) - 0.7))
    axes.set_xticks(range(len(commits)), [commit[:SHORT] for commit in commits], fontsize=8)
    return tips


def in_words(rows: pd.DataFrame, split: str) -> str:
    """Say the latest number of each family."""
    latest = rows.sort_values(["date", "commit"]).groupby("model")[split].last()
    return f"Latest: {'; '.join(f'{model} {percent(value)} %' for model, value in latest.items())}."
