"""Exact match against length: what the whole suite is about."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from bench.records.store import Record
from bench.views.charts.axes import length_axis, length_name, share_axis, trained_range
from bench.views.charts.panel import WIDE, Panel, Tips, series
from bench.views.charts.style import Look
from bench.views.numbers import percent, share

BAND_ALPHA = 0.13


def length_panel(rows: pd.DataFrame, record: Record, looks: Mapping[str, Look]) -> Panel:
    """Return one task's chart: a line a family with its interval, training lengths shaded; `record`: any of its own."""
    draw = partial(draw_lengths, rows, record, looks)
    return Panel("exact match by length", in_words(rows, record), draw, WIDE)


def draw_lengths(rows: pd.DataFrame, record: Record, looks: Mapping[str, Look], axes: Axes) -> Tips:
    """Draw the chart; each point says its family, length, accuracy and interval."""
    length_axis(axes, sorted(rows["length"]), length_name(record["kind"]))
    share_axis(axes, "exact match, %")
    tips = {}
    for model, found in rows.groupby("model"):
        look = looks[str(model)]
        ordered = found.sort_values("length")
        band = axes.fill_between(
            ordered["length"], ordered["low"], ordered["high"], color=look.colour, alpha=BAND_ALPHA, lw=0
        )
        band.set_gid(series(look, "interval"))
        axes.plot(
            ordered["length"], ordered["exact_match"], gid=series(look, "points"), clip_on=False,
            **look.line | look.point,
        )  # fmt: skip
        tips[series(look, "points")] = [tip(row) for row in ordered.to_dict("records")]
    trained_range(axes, record["inside_lengths"])
    return tips


def tip(row: dict[Any, Any]) -> str:
    """Say what a point shows."""
    seen = "" if row["unseen"] else ", not held out"
    return f"{row['model']} at {row['length']}: {share(row['exact_match'], row['low'], row['high'])} %{seen}"


def in_words(rows: pd.DataFrame, record: Record) -> str:
    """Say what is to be seen: each family at the longest training length and at the longest of all."""
    edge, last = max(record["inside_lengths"]), int(rows["length"].max())
    said = []
    for model, found in rows.groupby("model"):
        by_length = found.set_index("length")["exact_match"]
        ends = [percent(by_length[length]) for length in dict.fromkeys((edge, last)) if length in by_length.index]
        said.append(f"{model} {' and '.join(ends)}")
    where = (
        f"length {edge}" if edge == last else f"lengths {edge} (the longest trained) and {last} (the longest of all)"
    )
    return f"Exact match in percent at {where}: {'; '.join(said)}."
