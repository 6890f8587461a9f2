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
from bench.views.charts.panel import Panel, Tips, series
from bench.views.charts.style import Look
from bench.views.numbers import percent
from bench.views.texts import KIND

COSTS = {"seconds": "training, seconds", "parameters": "parameters"}
GAINS = {"inside": "inside", "beyond": "beyond", "area": "area"}
NATS = {"nats": "nats of a symbol"}  # of a text that is judged by its symbols: the fewer the better
DEPTH = 1000  # the axis is logarithmic over costs down to one so much below the largest, then linear down to nothing


def cost_panels(board: pd.DataFrame, looks: Mapping[str, Look]) -> list[Panel]:
    """Return a task's charts: each cost against each kind of accuracy that the task has, or against nats."""
    names = NATS if (board["kind"] == KIND).all() else GAINS
    gains = [gain for gain in names if board[gain].notna().any()]
    return [
        Panel(
            f"{names[gain]} against {cost}",
            in_words(board, cost, gain),
            partial(draw_cost, board, cost, gain, looks),
        )
        for cost in COSTS
        for gain in gains
    ]


def draw_cost(board: pd.DataFrame, cost: str, gain: str, looks: Mapping[str, Look], axes: Axes) -> Tips:
    """Draw a point a family; the cheapest stand left, the best above, of nats below."""
    tips: Tips = {}
    for row in board[board[gain].notna()].to_dict("records"):
        gid = series(looks[row["model"]], "cost")
        point = looks[row["model"]].point | {"markersize": 8}
        axes.plot([row[cost]], [row[gain]], ls="", gid=gid, clip_on=False, **point)
        tips[gid] = [said(row, cost, gain)]
    if gain in NATS:
        axes.set_ylabel(NATS[gain])
    else:
        share_axis(axes, f"{GAINS[gain]}, %")
    axes.set_xlabel(COSTS[cost])
    cost_axis(axes, board[cost].tolist())
    return tips


def cost_axis(axes: Axes, costs: list[float]) -> None:
    """Costs along the bottom: logarithmic, and linear near nothing, which floors cost."""
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
    reached = f"{row[gain]:.3f} nats" if gain in NATS else f"{percent(row[gain])} %"
    return f"{row['model']}: {reached} for {amount}"


def in_words(board: pd.DataFrame, cost: str, gain: str) -> str:
    """Say every point."""
    return f"{'; '.join(said(row, cost, gain) for row in board[board[gain].notna()].to_dict('records'))}."
