"""How well each family does by length: exact match, or the nats per token of a text by context."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from bench.records.store import Record
from bench.views.charts.axes import RIGHT, Scale
from bench.views.charts.line import Curve, LineChart
from bench.views.charts.material import NATS, Run, length_name
from bench.views.charts.panel import MARGINS, Panel
from bench.views.numbers import estimate, measured, share
from bench.views.texts import contexts_of, facts_of, references_of, whole_of, window_of, windows_of

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
        tips = [
            f"{model} at {row['length']}: {share(row['exact_match'], row['low'], row['high'])} %"
            f"{'' if row['unseen'] else ', not held out'}"
            for row in rows.to_dict("records")
        ]
        x, exact, low, high = (rows[name].to_numpy(float) for name in ("length", "exact_match", "low", "high"))
        curves.append(Curve(model, style, x, exact, low, high, tips))
    inside = record["inside_lengths"]
    scales = Scale(length_name(record), "length"), Scale("exact match", "share")
    return LineChart("exact match by length", curves, *scales, trained=[(min(inside), max(inside))]).panel()


def nats_panel(run: Run, task: str) -> Panel:
    """Return a text's chart: a line a family over contexts, the whole text apart, compressors as levels."""
    records, rows = run.records(task), run.rows(task).sort_values("length")
    known, facts = rows[rows["nats"].notna()], facts_of(records)
    contexts = sorted({n for found in records.values() for n in contexts_of(found[0])})
    wholes = {model: whole_of(found[0]) for model, found in records.items()}
    far = min([APART * max(contexts, default=1), *filter(None, wholes.values())])
    curves = []
    for model, style in run.styles_in(task).items():
        own = known[known["model"] == model]
        for whole, found in own.groupby(own["length"] == wholes[model]):
            where = "the whole text" if whole else "a context of {length}"
            tips = [
                f"{model} at {where.format_map(row)}: {measured(*estimate(row, 'nats'))} nats, {row['bits']:.3f} bits"
                for row in found.to_dict("records")
            ]
            x = [far] if whole else found["length"].to_numpy(float)
            nats, low, high = (found[name].to_numpy(float) for name in ("nats", "nats_low", "nats_high"))
            part = "whole" if whole else "points"
            curves.append(Curve(model, style, x, nats, low, high, tips, part, joined=not whole, bars=bool(whole)))
    guess = math.log(facts.get("vocabulary", math.inf))  # the nats of an even guess
    top = WORST * guess if known["nats"].min() < guess < math.inf else None
    ticks = {float(n): str(n) for n in marked(contexts)} | {float(far): "whole"}
    return LineChart(
        "nats per token by context",
        curves,
        Scale(f"{length_name(run.any_record(task))}; right: whole text, state carried", "log", ticks),
        Scale("nats per token", least=LEAST, top=top),
        trained=[(window, window) for window in windows_of(records)],
        levels={f"{name} {bits:.2f} bits": bits * math.log(2) for name, bits in references_of(records).items()},
        alt_text=nats_alt_text(rows, records),
        margins=(MARGINS[0], RIGHT, *MARGINS[2:]),
    ).panel()


def marked(contexts: Sequence[int]) -> list[int]:
    """Return the contexts that are written below the axis: powers of two, and others that are far from these."""

    def apart(one: int, other: int) -> bool:
        return max(one, other) >= 1.45 * min(one, other)

    shown = [n for n in contexts if n & (n - 1) == 0 or all(other == n or apart(n, other) for other in contexts)]
    return shown[:: -(-len(shown) // MOST_TICKS) or 1]


def nats_alt_text(rows: pd.DataFrame, records: Mapping[str, list[Record]]) -> str:
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
