"""Cost against quality: what a family's accuracy, or its nats, took in time and in parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from bench.views.charts.axes import plain, share_axis
from bench.views.charts.material import NATS, Run
from bench.views.charts.panel import Panel, Tips, series
from bench.views.charts.style import SeriesStyle
from bench.views.numbers import percent

COSTS = {"seconds": "training, seconds", "parameters": "parameters"}
GAINS = {"inside": "in distribution", "beyond": "extrapolation", "area": "area"}
NATS_GAINS = {"nats": "nats per token"}  # the fewer the better
DEPTH = 1000  # the axis is logarithmic over costs down to one so much below the largest, then linear down to nothing


def cost_panels(run: Run, task: str) -> list[Panel]:
    """Return a task's charts: each cost against each kind of accuracy that the task has, or against nats."""
    board, names = run.ranked(task), NATS_GAINS if run.metric(task) == NATS else GAINS
    return [
        Panel(
            f"{names[gain]} against {cost}",
            alt_text(board, cost, gain),
            partial(draw_cost, board, cost, gain, run.styles),
        )
        for cost in COSTS
        for gain in names
        if board[gain].notna().any()
    ]


def draw_cost(board: pd.DataFrame, cost: str, gain: str, styles: Mapping[str, SeriesStyle], axes: Axes) -> Tips:
    """Draw a point a family; the cheapest stand left, the best above, of nats below."""
    tips: Tips = {}
    for row in board[board[gain].notna()].to_dict("records"):
        gid = series(styles[row["model"]], "cost")
        point = styles[row["model"]].point | {"markersize": 8}
        axes.plot([row[cost]], [row[gain]], ls="", gid=gid, clip_on=False, **point)
        tips[gid] = [said(row, cost, gain)]
    if gain in NATS_GAINS:
        axes.set_ylabel(NATS_GAINS[gain])
    else:
        share_axis(axes, f"exact match, {GAINS[gain]}")
    axes.set_xlabel(COSTS[cost])
    cost_axis(axes, board[cost].tolist())
    return tips


def cost_axis(axes: Axes, costs: list[float]) -> None:
    """Costs along the bottom: logarithmic, and linear near nothing, which trivial baselines cost."""
    most = max(costs) or 1.0
    least = 10.0 ** math.floor(math.log10(min(cost for cost in [*costs, most] if cost > most / DEPTH)))
    axes.set_xscale("symlog", linthresh=least, linscale=0.5)
    axes.set_xlim(-0.15 * least, most * 1.7)
    powers = range(round(math.log10(least)), math.floor(math.log10(most * 1.7)) + 1)
    axes.xaxis.set_major_locator(FixedLocator([0, *(10.0**power for power in powers)]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(plain))


def said(row: dict[Any, Any], cost: str, gain: str) -> str:
    """Say what a point shows."""
    amount = f"{row[cost]:,} parameters" if cost == "parameters" else f"{row[cost]:.1f} s"
    reached = f"{row[gain]:.3f} nats" if gain in NATS_GAINS else f"{percent(row[gain])} %"
    return f"{row['model']}: {reached} for {amount}"


def alt_text(board: pd.DataFrame, cost: str, gain: str) -> str:
    """Say every point."""
    return f"{'; '.join(said(row, cost, gain) for row in board[board[gain].notna()].to_dict('records'))}."
