"""How well each family does: by length, over the steps of training, against what it cost, over commits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bench.analysis.parts import curve_of
from bench.records.store import Record
from bench.views.charts.axes import RIGHT, Scale
from bench.views.charts.line import Curve, LineChart
from bench.views.charts.material import NATS, Run, length_name
from bench.views.charts.panel import MARGINS, SMALL, Drawing, Panel
from bench.views.charts.style import styles_of
from bench.views.numbers import estimate, measured, percent, share
from bench.views.texts import contexts_of, facts_of, references_of, whole_of, window_of, windows_of

APART = 3.0  # the whole text stands to the right of the longest context, so many times as far as that is long
MOST_TICKS = 12
LEAST = 0.2  # nats that the axis spans
WORST = 1.15  # times the nats of an even guess: what is worse than that is cut off
MEASURES = {"exact": "held-out exact match", "loss": "training loss"}
COSTS = {"seconds": "training, seconds", "parameters": "parameters"}
GAINS = {"inside": "in distribution", "beyond": "extrapolation", "area": "area"}
SHORT = 7  # characters of a commit


def length_panels(run: Run, task: str) -> list[Panel]:
    """Return a task's chart: a line a family with its interval, training lengths shaded."""
    if run.metric(task) == NATS:
        return [nats_panel(run, task)]
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
    return [LineChart("exact match by length", curves, *scales, trained=[(min(inside), max(inside))]).panel()]


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


def learners(records: Mapping[str, Sequence[Record]]) -> dict[str, list[Record]]:
    """Return the families that were trained step by step: what is fitted at once has no curve."""
    kept = {model: [record for record in found if record["curve"]] for model, found in records.items()}
    return {model: found for model, found in kept.items() if found}


def curve_panels(run: Run, task: str) -> list[Panel]:
    """Return a task's learning curves, a line a seed: a chart for each of what was measured at all.

    The end of a line is marked and says where it got to; what overflowed leaves a gap. Nats seldom span a factor of
    ten, other losses have a logarithmic axis.
    """
    found, panels = learners(run.records(task)), []
    for measure, name in MEASURES.items():
        curves, known = [], False
        for model, record in ((model, record) for model, records in found.items() for record in records):
            steps, values = curve_of(record, measure)
            known = known or any(value is not None for value in values)
            shown = np.array(values, dtype=float)
            if measure == "loss":
                shown = np.where(shown > 0, shown, np.nan)  # no logarithm has a place for 0
            tips = [f"{model}, seed {record['seed']}: {end_of(record, measure)}"] * len(steps)
            curves.append(Curve(model, run.styles[model], steps, shown, tips=tips, part=record["seed"], marked="end"))
        loss = Scale(f"{name}, nats per token") if run.metric(task) == NATS else Scale(name, "log")
        ends = "; ".join(f"{model} {end_of(records[0], measure)}" for model, records in found.items())
        said = f"{name.capitalize()} at the end of the first seed: {ends}."
        if known:
            scale = loss if measure == "loss" else Scale(name, "share")
            panels.append(LineChart(name, curves, Scale("step"), scale, alt_text=said).panel())
    return panels


def end_of(record: Record, measure: str) -> str:
    """Say where a learning curve got to."""
    known = [(step, value) for step, value in zip(*curve_of(record, measure), strict=True) if value is not None]
    if not known:
        return "no number"
    step, last = known[-1]
    amount = f"{percent(last)} %" if measure == "exact" else f"{last:.3g}"
    return f"{amount} at step {step}{' (diverged)' if record['status'] == 'diverged' else ''}"


def cost_panels(run: Run, task: str) -> list[Panel]:
    """Return each cost of a task against each kind of accuracy that the task has, or against nats: a point a family.

    The cheapest stand left, the best above, of nats below.
    """
    board, nats = run.ranked(task), run.metric(task) == NATS
    panels = []
    for cost, scale in COSTS.items():
        for gain, name in ({NATS: "nats per token"} if nats else GAINS).items():
            points = []
            for row in board.loc[board[gain].notna(), ["model", cost, gain]].to_dict("records"):
                amount = f"{row[cost]:,} parameters" if cost == "parameters" else f"{row[cost]:.1f} s"
                reached = f"{row[gain]:.3f} nats" if nats else f"{percent(row[gain])} %"
                model, at = row["model"], ([row[cost]], [row[gain]])
                tips = [f"{model}: {reached} for {amount}"]
                points.append(Curve(model, run.styles[model], *at, tips=tips, part="cost", joined=False))
            if points:
                said = f"{'; '.join(tip for point in points for tip in point.tips)}."
                x, y = Scale(scale, "cost"), Scale(name, "linear" if nats else "share")
                chart = LineChart(f"{name} against {cost}", points, x, y, alt_text=said, marker=8, size=SMALL)
                panels.append(chart.panel())
    return panels


def history_drawing(frame: pd.DataFrame) -> Drawing:
    """Return a task a row, in distribution left and extrapolation right, a line a family over commits in order of date.

    A commit without the pair leaves a gap.

    frame: columns commit, date, suite, task, model, seeds, inside, beyond; a row a commit and pair
    """
    if frame.empty:
        raise ValueError("no history to draw: the frame has no rows")
    styles = styles_of(frame["model"])
    commits = list(dict.fromkeys(frame.sort_values(["date", "commit"])["commit"]))
    ticks = {float(place): commit[:SHORT] for place, commit in enumerate(commits)}
    x = Scale("commit", ticks=ticks, limits=(-0.3, len(commits) - 0.7))
    panels = []
    for task, rows in frame.groupby("task"):
        for split in ("inside", "beyond"):
            curves = []
            for model, found in rows.groupby("model"):
                values = found.groupby("commit")[split].mean().reindex(commits).to_numpy(float)
                curves.append(Curve(str(model), styles[str(model)], range(len(commits)), values))
            panels.append(LineChart(f"{task} {GAINS[split]}", curves, x, Scale("exact match", "share")).panel())
    return Drawing("history", "Exact match over commits", panels, styles=styles)
