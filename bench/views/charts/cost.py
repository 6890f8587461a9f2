"""Cost against quality: what a family's accuracy, or its nats, took in time and in parameters."""

from __future__ import annotations

from typing import Any

from bench.views.charts.axes import Scale
from bench.views.charts.line import Curve, LineChart
from bench.views.charts.material import NATS, Run
from bench.views.charts.panel import SMALL, Panel
from bench.views.numbers import percent

COSTS = {"seconds": "training, seconds", "parameters": "parameters"}
GAINS = {"inside": "in distribution", "beyond": "extrapolation", "area": "area"}


def cost_panels(run: Run, task: str) -> list[Panel]:
    """Return a task's charts: each cost against each kind of accuracy that the task has, or against nats."""
    board = run.ranked(task)
    gains = {NATS: "nats per token"} if run.metric(task) == NATS else GAINS
    return [
        cost_panel(run, board[board[gain].notna()].to_dict("records"), cost, gain, name)
        for cost in COSTS
        for gain, name in gains.items()
        if board[gain].notna().any()
    ]


def cost_panel(run: Run, rows: list[dict[Any, Any]], cost: str, gain: str, name: str) -> Panel:
    """Return a point a family; the cheapest stand left, the best above, of nats below."""
    tips = {row["model"]: said(row, cost, gain) for row in rows}
    points = [
        Curve(model, run.styles[model], [row[cost]], [row[gain]], tips=[tips[model]], part="cost", joined=False)
        for row in rows
        for model in [row["model"]]
    ]
    y = Scale(name, "linear" if gain == NATS else "share")
    text = f"{'; '.join(tips.values())}."
    return LineChart(
        f"{name} against {cost}", points, Scale(COSTS[cost], "cost"), y, alt_text=text, marker=8, size=SMALL
    ).panel()


def said(row: dict[Any, Any], cost: str, gain: str) -> str:
    """Say what a point shows."""
    amount = f"{row[cost]:,} parameters" if cost == "parameters" else f"{row[cost]:.1f} s"
    reached = f"{row[gain]:.3f} nats" if gain == NATS else f"{percent(row[gain])} %"
    return f"{row['model']}: {reached} for {amount}"
