"""Pictures of a task: accuracy, or error, against length, a line a family; of texts a row of dots a family."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bench.analysis.metrics import EXACT, NRMSE, TOKEN_ACCURACY, Metric
from bench.analysis.parts import by_length
from bench.analysis.statistics import Floats
from bench.records.key import defaults_of
from bench.records.store import Record
from bench.spec.catalogue import Catalogue
from bench.spec.settings import written
from bench.studies.extrapolation.families import Family
from bench.views.charts.axes import Scale
from bench.views.charts.dots import DotChart, Dots
from bench.views.charts.line import Curve, LineChart
from bench.views.charts.material import Run, length_name
from bench.views.charts.panel import HALF, MARGINS, WHOLE, Drawing, Panel
from bench.views.charts.style import COLOURS, SeriesStyle, label, style_at
from bench.views.numbers import percent

MOST_LINES = 9
LEAST = 1e-16  # where an error of nothing at all is drawn
WIDE_NUMBERS = (0.85, *MARGINS[1:])  # beside an axis of small errors
ACCURACY = Scale("exact match", "share")
Lengths = tuple[list[int], Floats]  # lengths, values (seeds, lengths)
Named = Mapping[str, Family]  # by the names that a chart gives them
Styles = Mapping[str, SeriesStyle]


def task_drawing(run: Run, task: str, found: Sequence[Family], name: str) -> Drawing | None:
    """Return the picture of a task, None where no family has a number to draw."""
    shown = shown_families(found)
    short = short_names(family.first for family in shown)
    styles = chart_styles([family.model for family in shown], run.styles)
    named = {short[family.model]: family for family in shown}
    legend = {short[model]: style for model, style in styles.items()}
    metrics = found[0].metrics
    if "nats" in metrics:
        heading, legend = "words predicted", text_styles(named)
        panels = [word_panel(named, legend)]
    elif "nrmse" in metrics:
        heading, panels = "error by horizon", error_panels(named, legend)
    else:
        heading, panels = "exact match by length", accuracy_panels(named, legend)
    return Drawing(f"length-{name}", f"{task}: {heading}", panels, styles=legend) if panels else None


def shown_families(found: Sequence[Family]) -> list[Family]:
    """Return the families that a chart has room for, those with the largest area, in the order given."""
    best = sorted(found, key=lambda family: (-family.row["area"], family.model))[:MOST_LINES]
    return [family for family in found if family in best]


def accuracy_panels(named: Named, styles: Styles) -> list[Panel]:
    """Return exact match on random strings, and on adversarial sets, the mean over kinds, if there are any."""
    random = {name: scores(family, EXACT) for name, family in named.items()}
    hard = {name: (sets.lengths, sets.accuracy) for name, family in named.items() if (sets := family.adversaries)}
    titles = {"random strings": random, "adversarial sets, mean over kinds": hard}
    size = HALF if hard else WHOLE
    charts = [line_chart(title, found, ACCURACY, named, styles) for title, found in titles.items() if found]
    return [replace(chart, size=size).panel() for chart in charts]


def error_panels(named: Named, styles: Styles) -> list[Panel]:
    """Return the free-running error, at the lengths at which no seed's overflowed, down to what a log axis shows."""
    found = {}
    for name, family in named.items():
        lengths, values = scores(family, NRMSE)
        known = np.flatnonzero(np.isfinite(values).all(0))
        if len(known):
            found[name] = [lengths[place] for place in known], np.maximum(values[:, known], LEAST)
    chart = line_chart("", found, Scale("free-running NRMSE", "log"), named, styles)
    return [replace(chart, size=WHOLE, margins=WIDE_NUMBERS).panel()] if found else []


def scores(family: Family, metric: Metric) -> Lengths:
    """Return a metric at every evaluated length."""
    lengths = sorted(family.lengths)
    return lengths, by_length(metric, family.records, lengths)


def line_chart(title: str, scores: Mapping[str, Lengths], y: Scale, named: Named, styles: Styles) -> LineChart:
    """Return a chart of means over seeds, shaded from the worst to the best."""
    first = next(iter(named.values()))
    curves = [Curve.of_seeds(name, styles[name], *found) for name, found in scores.items()]
    trained = [(min(first.inside), max(first.inside))]
    return LineChart(title, curves, Scale(length_name(first.first), "log"), y, trained)


def word_panel(named: Named, styles: Styles) -> Panel:
    """Return the share of words predicted, a row a family, a style a text."""
    dots = []
    for name, family in named.items():
        for text in sorted(family.lengths):
            shares = by_length(TOKEN_ACCURACY, family.records, [text])[:, 0]
            shown = text_name(text, family.inside)
            written = f"{percent(float(shares.mean()))} %"
            dots.append(Dots(name, styles[shown], shares.tolist(), written=written, name=shown))
    return DotChart("", dots, Scale("words predicted", "share"), size=(WHOLE[0], 0.9 + 0.3 * len(named))).panel()


def text_styles(named: Named) -> dict[str, SeriesStyle]:
    """Return how the texts of a chart are drawn, by their names."""
    texts = sorted({(length, *family.inside) for family in named.values() for length in family.lengths})
    return {text_name(text, inside): style_at(index) for index, (text, *inside) in enumerate(texts)}


def text_name(text: int, inside: Sequence[int]) -> str:
    """Return what a legend calls a text."""
    return f"text to {text:,}{' (training)' if text in inside else ''}"


def chart_styles(models: Sequence[str], styles: Mapping[str, SeriesStyle]) -> dict[str, SeriesStyle]:
    """Return the styles of a chart's families; one whose colour an earlier one has gets the next that is free."""
    found: dict[str, SeriesStyle] = {}
    for model in models:
        own = styles[model]
        taken = {other.colour for other in found.values()}
        places = range(own.index, own.index + len(COLOURS))
        free = next((style_at(place) for place in places if style_at(place).colour not in taken), own)
        found[model] = replace(free, index=own.index)
    return found


def short_names(records: Iterable[Record]) -> dict[str, str]:
    """Return what charts call the columns of some records, no two alike: "decoder_only rotary".

    A name that is left to two columns stays whole for both.
    """
    short = {record["model"]: " ".join([record["spec"]["model"], *apart(record)]) for record in records}
    counts = Counter(map(label, short.values()))
    return {column: name if counts[label(name)] == 1 else column for column, name in short.items()}


def apart(record: Record) -> list[str]:
    """Return what sets a record's column apart, words without the names of their settings.

    Records before schema 3 do not say it: of those, the family's choices that differ from its defaults, not its sizes.
    """
    found: Mapping[str, Any] | None = record.get("variant")
    if found is None:
        family, settings = Catalogue().entries["model"].get(record["spec"]["model"]), record["spec"]["model_settings"]
        usual = defaults_of(family) if family else {}
        changed = {name: chosen for name, chosen in settings.items() if usual.get(name) != chosen}
        found = {name: chosen for name, chosen in changed.items() if isinstance(chosen, str | bool)}
    return [chosen if isinstance(chosen, str) else f"{name}={written(chosen)}" for name, chosen in found.items()]
