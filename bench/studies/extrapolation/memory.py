"""What a family's memory does step by step: traces of one example inside training and of one far beyond."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from bench.studies.extrapolation.families import Family
from bench.views.charts.panel import Panel, Tips
from bench.views.charts.style import look_at

SIZE = (4.5, 2.4)  # inches
SHARES = "weight"  # series so named lie between 0 and 1 and are drawn by themselves
DOTTED = 60  # up to so many steps each is marked
Trace = dict[str, Any]


@dataclass(frozen=True)
class Memory:
    """The traces to be shown of a family on a task."""

    task: str
    model: str
    traces: list[Trace]


def memories(found: dict[str, list[Family]]) -> list[Memory]:
    """Return of each family with traces the tasks where its horizon is farthest and nearest; found: by task."""
    by_model: dict[str, list[tuple[float, str, list[Trace]]]] = {}
    for task, every in found.items():
        for family in every:
            traces = first_traces(family)
            if traces:
                by_model.setdefault(family.model, []).append((-family.row["l99_ratio"], task, traces))
    chosen = []
    for model, kept in sorted(by_model.items()):
        ordered = sorted(kept, key=lambda each: each[:2])
        ends = ordered[:1] if ordered[0][0] == ordered[-1][0] else [ordered[0], ordered[-1]]
        chosen += [Memory(task, model, traces) for _, task, traces in ends]
    return chosen


def first_traces(family: Family) -> list[Trace]:
    """Return the shortest and the longest trace of the first seed that has any with a number in it."""
    for record in family.records:
        known = [trace for trace in record.get("traces", []) if any(map(len, trace["series"].values()))]
        if known:
            ordered = sorted(known, key=lambda trace: trace["length"])
            return ordered[:1] if len(ordered) == 1 else [ordered[0], ordered[-1]]
    return []


def memory_panels(memory: Memory) -> list[Panel]:
    """Return the charts: places and depths above, weights below, the example inside training on the left."""
    panels = []
    for are_shares in (False, True):
        for trace in memory.traces:
            series = {name: values for name, values in trace["series"].items() if (SHARES in name) == are_shares}
            if series:
                names = list(trace["series"])
                draw = partial(draw_series, series, [names.index(name) for name in series], are_shares)
                panels.append(Panel(title(trace, are_shares), in_words(series), draw, SIZE))
    return panels


def title(trace: Trace, are_shares: bool) -> str:
    """Name a chart."""
    return f"{'weight, ' if are_shares else ''}length {trace['length']:,}"


def draw_series(series: dict[str, list[float | None]], looks: Sequence[int], are_shares: bool, axes: Axes) -> Tips:
    """Draw a line a series, a gap where a number overflowed; looks: their numbers."""
    steps = max(map(len, series.values()))
    for index, (name, values) in zip(looks, series.items(), strict=True):
        look = look_at(index)
        line = np.array(values, dtype=float)
        marks = look.point | {"markersize": 3} if steps <= DOTTED else {}
        axes.plot(np.arange(1, len(line) + 1), line, label=name, **look.line | {"lw": 1.3} | marks)
    axes.set(xlabel="step of decoding", ylabel="weight" if are_shares else "")
    axes.locator_params(axis="x", nbins=6, integer=True)
    axes.locator_params(axis="y", nbins=5)
    if are_shares:
        axes.set_ylim(-0.03, 1.06)
    if len(series) > 1 or not are_shares:
        axes.legend(loc="best", handlelength=1.8, borderaxespad=0.1, framealpha=0.8, frameon=True, edgecolor="none")
    return {}


def in_words(series: dict[str, list[float | None]]) -> str:
    """Say where each series begins and ends, and how far it goes between."""
    said = []
    for name, values in series.items():
        known = [value for value in values if value is not None]
        if known:
            said.append(f"{name} from {known[0]:g} to {known[-1]:g}, between {min(known):g} and {max(known):g}")
        else:
            said.append(f"{name} has no number")
    return f"{'; '.join(said)}, in {max(map(len, series.values()))} steps."
