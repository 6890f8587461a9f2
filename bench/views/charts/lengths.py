"""How well each family does by length: exact match, or the nats per token of a text by context."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from bench.records.store import Record
from bench.views.charts.axes import Scale
from bench.views.charts.line import Curve, LineChart
from bench.views.charts.material import NATS, Run, length_name
from bench.views.charts.panel import MARGINS, WIDE, Panel
from bench.views.charts.reference import RIGHT
from bench.views.charts.style import SeriesStyle
from bench.views.numbers import estimate, measured, share
from bench.views.texts import contexts_of, facts_of, references_of, whole_of, window_of, windows_of

Models = Mapping[str, list[Record]]
APART = 3.0  # the whole text stands to the right of the longest context, so many times as far as that is long
MOST_TICKS = 12
LEAST = 0.2  # nats that the axis spans
WORST = 1.15  # times the nats of an even guess: what is worse than that is cut off


def length_panels(run: Run, task: str) -> list[Panel]:
    """Return a task's chart: a line a family with its interval, training lengths shaded."""
    return [nats_panel(run, task) if run.metric(task) == NATS else exact_panel(run, task)]


def exact_panel(run: Run, task: str) -> Panel:
    """Return the chart of exact match."""
    record, curves = run.any_record(task), []
    for model, style in run.styles_in(task).items():
        rows = run.rows(task, model).sort_values("length")
        tips = [exact_tip(row) for row in rows.to_dict("records")]
        x, exact, low, high = columns(rows, "length", "exact_match", "low", "high")
        curves.append(Curve(model, style, x, exact, low, high, tips))
    inside = record["inside_lengths"]
    x, y = Scale(length_name(record), "length"), Scale("exact match", "share")
    return LineChart("exact match by length", curves, x, y, trained=[(min(inside), max(inside))]).panel()


def exact_tip(row: dict[Any, Any]) -> str:
    """Say what a point shows."""
    seen = "" if row["unseen"] else ", not held out"
    return f"{row['model']} at {row['length']}: {share(row['exact_match'], row['low'], row['high'])} %{seen}"


def columns(rows: pd.DataFrame, *names: str) -> list[Any]:
    """Return columns as arrays of numbers."""
    return [rows[name].to_numpy(float) for name in names]


def nats_panel(run: Run, task: str) -> Panel:
    """Return a text's chart: a line a family over contexts, the whole text apart, compressors as levels."""
    records, rows = run.records(task), run.rows(task)
    known = rows[rows["nats"].notna()]
    contexts = sorted({n for found in records.values() for n in contexts_of(found[0])})
    ends = [whole for found in records.values() if (whole := whole_of(found[0])) is not None]
    far = min([APART * max(contexts, default=1), *ends])
    curves = []
    for model, style in run.styles_in(task).items():
        curves += nats_curves(
            known[known["model"] == model].sort_values("length"), whole_of(records[model][0]), far, style
        )
    levels = {f"{name} {bits:.2f} bits": bits * math.log(2) for name, bits in references_of(records).items()}
    ticks = {float(n): str(n) for n in marked(contexts)} | {float(far): "whole"}
    x = Scale(f"{length_name(run.any_record(task))}; right: whole text, state carried", "log", ticks)
    y = Scale("nats per token", least=LEAST, top=worst_shown(records, known))
    windows = [(window, window) for window in windows_of(records)]
    margins = (MARGINS[0], RIGHT, *MARGINS[2:])
    return LineChart(
        "nats per token by context",
        curves,
        x,
        y,
        windows,
        levels,
        nats_alt_text(rows, records),
        size=WIDE,
        margins=margins,
    ).panel()


def nats_curves(rows: pd.DataFrame, whole: int | None, far: float, style: SeriesStyle) -> list[Curve]:
    """Return a family's line over contexts, and its point for the whole text, at `far`."""
    curves = []
    for part, found in (("points", rows[rows["length"] != whole]), ("whole", rows[rows["length"] == whole])):
        if len(found):
            x, nats, low, high = columns(found, "length", "nats", "nats_low", "nats_high")
            places, joined = ([far], False) if part == "whole" else (x, True)
            where = [f"a context of {n:g}" if joined else "the whole text" for n in x]
            tips = [nats_tip(*each) for each in zip(found.to_dict("records"), where, strict=True)]
            model = str(found["model"].iloc[0])
            curves.append(Curve(model, style, places, nats, low, high, tips, part, joined, bars=not joined))
    return curves


def nats_tip(row: dict[Any, Any], where: str) -> str:
    """Say what a point shows."""
    return f"{row['model']} at {where}: {measured(*estimate(row, 'nats'))} nats, {row['bits']:.3f} bits"


def marked(contexts: Sequence[int]) -> list[int]:
    """Return the contexts that are written below the axis: powers of two, and others that are far from these."""

    def apart(one: int, other: int) -> bool:
        return max(one, other) >= 1.45 * min(one, other)

    shown = [n for n in contexts if n & (n - 1) == 0 or all(other == n or apart(n, other) for other in contexts)]
    return shown[:: -(-len(shown) // MOST_TICKS) or 1]


def worst_shown(records: Models, known: pd.DataFrame) -> float | None:
    """Return the nats above which nothing is shown: what is worse than an even guess among all tokens."""
    facts = facts_of([found[0] for found in records.values()])
    if not facts or known.empty or known["nats"].min() >= math.log(facts["vocabulary"]):
        return None
    return WORST * math.log(facts["vocabulary"])


def nats_alt_text(rows: pd.DataFrame, records: Models) -> str:
    """Say what is to be seen: each family at its window and over the whole text, then the compressors."""
    said = []
    for model, found in records.items():
        nats = rows[rows["model"] == model].set_index("length")["nats"]
        places = {"at its window of {}": window_of(found[0]), "over the whole text": whole_of(found[0])}
        ends = [
            f"{'no number' if math.isnan(nats[length]) else f'{nats[length]:.3f}'} {place.format(length)}"
            for place, length in places.items()
            if length is not None and length in nats.index
        ]
        said.append(f"{model} {' and '.join(ends) or 'not evaluated there'}")
    said += [f"{name} {bits:.2f} bits" for name, bits in references_of(records).items()]
    return f"Nats per token: {'; '.join(said)}."
