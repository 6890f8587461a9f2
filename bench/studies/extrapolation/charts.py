"""Charts of a task: accuracy, or error, against length, a line a family; of texts a line of dots a family."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes

from bench.analysis.statistics import Floats
from bench.studies.extrapolation.families import Family
from bench.views.charts.axes import length_name, log_axis, share_axis, trained_range
from bench.views.charts.line import BAND_ALPHA
from bench.views.charts.panel import MARGINS, Panel, Tips
from bench.views.charts.style import INK, Look, look_at
from bench.views.numbers import percent

MOST_LINES = 9
HALF, WHOLE = (4.5, 3.0), (7.2, 3.4)  # inches
LETTER = 0.076  # inches of a letter beside an axis
WIDE_NUMBERS = (0.85, *MARGINS[1:])  # beside an axis of small errors
MARKER = 3.5
EXACT = 1e-16  # where an error of nothing at all is drawn
Curve = tuple[list[int], Floats]  # lengths, values (seeds, lengths)


@dataclass(frozen=True)
class Curves:
    """What one chart of lines shows: a curve a family; `is_share` tells percent from errors on a log axis."""

    title: str
    name: str
    by_family: Mapping[str, Curve]
    is_share: bool = True

    @property
    def lengths(self) -> list[int]:
        """Every length of any curve, ascending."""
        return sorted({length for lengths, _ in self.by_family.values() for length in lengths})


def random_curve(family: Family) -> Curve:
    """Return exact match on random strings."""
    lengths = sorted(family.lengths)
    scores = [[record["by_length"][str(length)] for length in lengths] for record in family.records]
    return lengths, np.array([[score["right"] / score["examples"] for score in seed] for seed in scores])


def error_curve(family: Family) -> Curve:
    """Return free-running NRMSE, of the lengths at which no seed's overflowed; none is below what a log axis shows."""
    lengths = sorted(family.lengths)
    errors = [[record["by_length"][str(length)]["nrmse"] for length in lengths] for record in family.records]
    values = np.maximum(np.array(errors, dtype=float), EXACT)
    known = np.isfinite(values).all(0)
    return [length for length, whole in zip(lengths, known, strict=True) if whole], values[:, known]


def adversarial_curve(family: Family) -> Curve:
    """Return exact match on adversarial sets, the mean over kinds."""
    found = family.adversaries
    return ([], np.empty((len(family.records), 0))) if found is None else (found.lengths, found.accuracy)


def length_panels(names: Mapping[str, Family], looks: Mapping[str, Look]) -> list[Panel]:
    """Return a task's charts by the names of its families: random strings, and adversarial sets if there are any."""
    first = next(iter(names.values()))
    kind = first.records[0]["kind"]
    if kind == "stream":
        return [word_panel(names)]
    if kind == "values":
        charts = [curves("", "free-running NRMSE", names, error_curve, is_share=False)]
    else:
        charts = [curves("random strings", "exact match, %", names, random_curve)]
        charts.append(curves("adversarial sets, mean over kinds", "exact match, %", names, adversarial_curve))
    drawn = [chart for chart in charts if chart.by_family]
    every = sorted({length for chart in drawn for length in chart.lengths})
    size, margins = HALF if len(drawn) > 1 else WHOLE, MARGINS if kind == "symbols" else WIDE_NUMBERS
    return [
        Panel(
            chart.title, in_words(chart), partial(draw_curves, chart, every, first.inside, kind, looks), size, margins
        )
        for chart in drawn
    ]


def curves(
    title: str, name: str, names: Mapping[str, Family], of: Callable[[Family], Curve], is_share: bool = True
) -> Curves:
    """Gather the curves of those families that have one."""
    found = {shown: of(family) for shown, family in names.items()}
    return Curves(title, name, {shown: curve for shown, curve in found.items() if curve[0]}, is_share)


def draw_curves(
    chart: Curves, every: Sequence[int], inside: Sequence[int], kind: str, looks: Mapping[str, Look], axes: Axes
) -> Tips:
    """Draw means over seeds, shaded from the worst seed to the best, training lengths shaded; the first on top."""
    axes.set_xlabel(length_name(kind))
    log_axis(axes.xaxis, every)
    if chart.is_share:
        share_axis(axes, chart.name)
    else:
        axes.set_ylabel(chart.name)
        log_axis(axes.yaxis, [value for _, values in chart.by_family.values() for value in values.ravel().tolist()])
    for place, (name, (lengths, values)) in enumerate(reversed(list(chart.by_family.items()))):
        look = looks[name]
        axes.fill_between(lengths, values.min(0), values.max(0), color=look.colour, alpha=BAND_ALPHA, lw=0)
        style = look.line | look.point | {"markersize": MARKER, "zorder": 2 + place / 100}
        axes.plot(lengths, values.mean(0), clip_on=False, **style)
    trained_range(axes, inside)
    return {}


def in_words(chart: Curves) -> str:
    """Say where each line begins and ends."""
    said = []
    for name, (lengths, values) in chart.by_family.items():
        means = values.mean(0)
        ends = [f"{written(means[place], chart.is_share)} at {lengths[place]}" for place in (0, -1)]
        said.append(f"{name} {' and '.join(dict.fromkeys(ends))}")
    return f"{chart.name.removesuffix(', %')} by length: {'; '.join(said)}."


def written(value: float, is_share: bool) -> str:
    """Write a mean, a share in percent."""
    return f"{percent(value)} %" if is_share else f"{value:.2g}"


def word_panel(names: Mapping[str, Family]) -> Panel:
    """Return the chart of a text: the share of words foreseen, a line a family, a marker a text."""
    margins = (0.3 + LETTER * max(map(len, names)), *MARGINS[1:])
    size = (WHOLE[0], 0.9 + 0.3 * len(names))
    means = {
        name: "; ".join(said_of(family, text) for text in sorted(family.lengths)) for name, family in names.items()
    }
    described = "; ".join(f"{name} {said}" for name, said in means.items())
    said = f"words foreseen, by the last number of the text: {described}."
    return Panel("", said, partial(draw_words, names), size, margins)


def text_looks(names: Mapping[str, Family]) -> dict[str, tuple[int, Look]]:
    """Return the texts of a chart and how each is drawn, by what a legend calls it."""
    texts = sorted({length for family in names.values() for length in family.lengths})
    inside = next(iter(names.values())).inside
    return {
        f"text to {text:,}{' (training)' if text in inside else ''}": (text, look_at(index))
        for index, text in enumerate(texts)
    }


def word_shares(family: Family, text: int) -> Floats:
    """Return the shares of words of a text that are foreseen, one for each seed."""
    scores = [record["by_length"][str(text)] for record in family.records]
    return np.array([score["tokens_right"] / score["tokens"] for score in scores])


def said_of(family: Family, text: int) -> str:
    """Say how many words of a text are foreseen."""
    return f"{percent(float(word_shares(family, text).mean()))} % at {text}"


def draw_words(names: Mapping[str, Family], axes: Axes) -> Tips:
    """Draw a pale dot a seed and a full one at the mean, each text in its own colour."""
    looks = text_looks(names)
    heights = np.linspace(-0.18, 0.18, len(looks)) if len(looks) > 1 else [0.0]
    for (text, look), height in zip(looks.values(), heights, strict=True):
        point = look.point | {"ls": "", "clip_on": False}
        for place, family in enumerate(names.values()):
            if text in family.lengths:
                found = word_shares(family, text)
                axes.plot(found, np.full(len(found), place + height), **point | {"alpha": 0.35})
                axes.plot([found.mean()], [place + height], **point | {"markersize": 7})
    axes.set(xlabel="words foreseen, %", yticks=range(len(names)), yticklabels=list(names))
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0, colors=INK)
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g}")
    return {}
