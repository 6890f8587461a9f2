"""Nats against context: how much a language model gains from what lies further back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator

from bench.records.store import Record
from bench.views.charts.axes import INK_ALPHA, length_name, log_axis
from bench.views.charts.panel import WIDE, Panel, Tips, series
from bench.views.charts.style import INK, Look
from bench.views.numbers import estimate, measured
from bench.views.texts import KIND, contexts_of, facts_of, references_of, whole_of, window_of, windows_of

Models = Mapping[str, list[Record]]
BAND_ALPHA = 0.13
MARGINS = (0.66, 1.12, 0.32, 0.5)  # of the panel; at the right compressors are named
APART = 3.0  # the whole text stands to the right of the longest context, so many times as far as that is long
MOST_TICKS = 12
CLOSE = 0.06  # of the axis: compressors that are nearer to each other are named above and below their lines
UP, DOWN = "\N{UPWARDS ARROW}", "\N{DOWNWARDS ARROW}"
ROOM = 0.05  # of the families' range, beyond a compressor
LEAST = 0.2  # nats that the axis spans
WORST = 1.15  # times the nats of an even guess: what is worse than that is cut off


def context_panel(rows: pd.DataFrame, records: Models, looks: Mapping[str, Look]) -> Panel:
    """Return one text's chart: a line a family over contexts, the whole text apart, compressors as levels."""
    draw = partial(draw_contexts, rows, records, looks)
    return Panel("nats of a symbol by context", in_words(rows, records), draw, WIDE, MARGINS)


def draw_contexts(rows: pd.DataFrame, records: Models, looks: Mapping[str, Look], axes: Axes) -> Tips:
    """Draw the chart; each point says its family, context, nats and interval."""
    known = rows[rows["nats"].notna()].sort_values("length")
    contexts = sorted({n for found in records.values() for n in contexts_of(found[0])})
    ends = [whole for found in records.values() if (whole := whole_of(found[0])) is not None]
    far = min([APART * max(contexts, default=1), *ends])
    tips: Tips = {}
    for model, found in known.groupby("model"):
        look, whole = looks[str(model)], whole_of(records[str(model)][0])
        fresh, last = found[found["length"] != whole], found[found["length"] == whole]
        band = axes.fill_between(
            fresh["length"], fresh["nats_low"], fresh["nats_high"], color=look.colour, alpha=BAND_ALPHA, lw=0
        )
        band.set_gid(series(look, "interval"))
        axes.plot(fresh["length"], fresh["nats"], gid=series(look, "points"), **look.line | look.point)
        axes.plot([far] * len(last), last["nats"], ls="", gid=series(look, "whole"), **look.point | {"markersize": 6})
        axes.plot([far] * 2 * len(last), ends_of(last), gid=series(look, "range"), lw=2.5, alpha=0.5, color=look.colour)
        tips[series(look, "points")] = [tip(row, f"a context of {row['length']}") for row in fresh.to_dict("records")]
        tips[series(look, "whole")] = [tip(row, "the whole text") for row in last.to_dict("records")]
    axes.set(xlabel=f"{length_name(KIND)}; right: whole text, state carried", ylabel="nats of a symbol")
    context_axis(axes, contexts, far)
    cut_off(axes, records, known)
    levels(axes, records)
    mark_windows(axes, records)
    return {gid: said for gid, said in tips.items() if said}


def ends_of(rows: pd.DataFrame) -> list[float]:
    """Return the ends of the interval of one row, of no row none."""
    return [float(row[name]) for row in rows.to_dict("records") for name in ("nats_low", "nats_high")]


def context_axis(axes: Axes, contexts: list[int], far: float) -> None:
    """Contexts along the bottom on a log scale, the whole text behind them."""
    log_axis(axes.xaxis, [*contexts, far])
    shown = [n for n in contexts if n & (n - 1) == 0 or all(other == n or apart(n, other) for other in contexts)]
    shown = shown[:: -(-len(shown) // MOST_TICKS) or 1]
    axes.xaxis.set_major_locator(FixedLocator([*shown, far]))
    axes.xaxis.set_major_formatter(FixedFormatter([*map(str, shown), "whole"]))
    axes.tick_params(axis="x", labelsize=8)
    axes.locator_params(axis="y", nbins=6)


def apart(one: int, other: int) -> bool:
    """Whether two contexts can both be written below a log axis."""
    return max(one, other) >= 1.45 * min(one, other)


def cut_off(axes: Axes, records: Models, known: pd.DataFrame) -> None:
    """Leave out of sight what is worse than an even guess among all symbols, and never show noise as large."""
    facts = facts_of([made[0] for made in records.values()])
    if facts and len(known) and known["nats"].min() < math.log(facts["vocabulary"]):
        axes.set_ylim(top=min(axes.get_ylim()[1], WORST * math.log(facts["vocabulary"])))
    low, high = axes.get_ylim()
    missing = max(0.0, LEAST - (high - low)) / 2
    axes.set_ylim(low - missing, high + missing)


def levels(axes: Axes, records: Models) -> None:
    """Draw what compressors reach; those that are far from every family are only named, where the axis ends."""
    found = {name: (bits * math.log(2), f"{name} {bits:.2f} bits") for name, bits in references_of(records).items()}
    low, high = axes.get_ylim()
    near = sorted(each for each in found.values() if 2 * low - high <= each[0] <= 2 * high - low)
    for nats, _ in near:
        axes.axhline(nats, color=INK, alpha=0.55, lw=1, ls=(0, (1, 1.5)))
    room = ROOM * (high - low)
    low, high = min([low, *(nats - room for nats, _ in near)]), max([high, *(nats + room for nats, _ in near)])
    axes.set_ylim(low, high)
    close = bool(near) and near[-1][0] - near[0][0] < CLOSE * (high - low)
    for place, (nats, said) in enumerate(near):
        aligned = "center" if not close else "bottom" if place else "top"
        beside(axes, said, (nats - low) / (high - low), aligned, 0)
    for place, (nats, said) in enumerate(sorted(set(found.values()) - set(near), reverse=True)):
        above = nats > high
        beside(axes, f"{UP if above else DOWN} {said}", float(above), "center", -10 * place)


def beside(axes: Axes, said: str, height: float, aligned: str, shift: float) -> None:
    """Write to the right of a chart, at a share of its height, shifted by so many points."""
    axes.annotate(
        said, (1, height), xycoords="axes fraction", xytext=(3, shift), textcoords="offset points", size=8,
        va=aligned, annotation_clip=False,
    )  # fmt: skip


def mark_windows(axes: Axes, records: Models) -> None:
    """Shade a narrow band at each training window."""
    wide = (axes.get_xlim()[1] / axes.get_xlim()[0]) ** 0.015
    for window in windows_of(records):
        axes.axvspan(window / wide, window * wide, color=axes.spines["left"].get_edgecolor(), alpha=INK_ALPHA, lw=0)


def tip(row: dict[Any, Any], where: str) -> str:
    """Say what a point shows."""
    return f"{row['model']} at {where}: {measured(*estimate(row, 'nats'))} nats, {row['bits']:.3f} bits"


def in_words(rows: pd.DataFrame, records: Models) -> str:
    """Say what is to be seen: each family at its window and over the whole text, then the compressors."""
    said = []
    for model, found in records.items():
        nats = rows[rows["model"] == model].set_index("length")["nats"]
        places = {"at its window of {}": window_of(found[0]), "over the whole text": whole_of(found[0])}
        ends = [
            f"{number(nats[length])} {place.format(length)}"
            for place, length in places.items()
            if length is not None and length in nats.index
        ]
        said.append(f"{model} {' and '.join(ends) or 'not evaluated there'}")
    said += [f"{name} {bits:.2f} bits" for name, bits in references_of(records).items()]
    return f"Nats of a symbol: {'; '.join(said)}."


def number(nats: float) -> str:
    """Write nats in words."""
    return "no number" if math.isnan(nats) else f"{nats:.3f}"
