"""Charts of a lesson: what is drawn of which runs. A run without records is left out, a chart without any is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from matplotlib.axes import Axes

from bench.analysis.summary import Pair
from bench.records.store import Record
from bench.studies.claims.amounts import short
from bench.studies.claims.measures import NATS, SECONDS, SHARE, Groups, Measure, Score, number_of
from bench.views.charts.axes import length_axis, log_axis, share_axis, trained_range
from bench.views.charts.panel import MARGINS, Panel, Tips
from bench.views.charts.style import INK, Look

SIZE = (4.5, 2.9)  # inches
BAND_ALPHA = 0.13
LETTER = 0.076  # inches of a letter beside an axis
FULL = 101  # where an axis of percentages ends, if its dots let it
LEAST = {SHARE: 10.0, NATS: 0.2}  # what an axis spans, however near its dots lie
Found = Mapping[str, Sequence[Record]]  # by a series' name


@dataclass(frozen=True)
class Series:
    """Runs under the name that a lesson's pictures give them."""

    name: str
    pair: Pair


class Chart(Protocol):
    """A picture of some series."""

    @property
    def series(self) -> tuple[Series, ...]:
        """What it shows."""

    def panel(self, found: Found, looks: Mapping[str, Look]) -> Panel:
        """Draw those of its series that have records."""


@dataclass(frozen=True)
class ByLength:
    """A score against length: means over seeds, shaded from the worst seed to the best.

    longest: lengths above it are left out
    """

    title: str
    series: tuple[Series, ...]
    value: Callable[[Score], float | None]
    name: str
    length_name: str
    is_share: bool = True
    is_logarithmic: bool = False
    longest: int = 1024

    def panel(self, found: Found, looks: Mapping[str, Look]) -> Panel:
        """Return the chart."""
        return Panel(self.title, self.in_words(found), partial(self.draw, found, looks), SIZE)

    def by_length(self, records: Sequence[Record]) -> tuple[list[int], np.ndarray]:
        """Return the lengths at which any seed has a value, and the values (seeds, lengths), NaN where one has none."""
        lengths = np.array(sorted(length for length in map(int, records[0]["by_length"]) if length <= self.longest))
        rows = [[self.value(record["by_length"][str(length)]) for length in lengths] for record in records]
        values = np.array(rows, dtype=float)
        known = np.isfinite(values).any(0)
        return lengths[known].tolist(), values[:, known]

    def draw(self, found: Found, looks: Mapping[str, Look], axes: Axes) -> Tips:
        """Draw a line a series, training lengths shaded."""
        every = sorted({length for records in found.values() for length in self.by_length(records)[0]}) or [1]
        length_axis(axes, every, self.length_name)
        if self.is_share:
            share_axis(axes, self.name)
        else:
            axes.set_ylabel(self.name)
        if self.is_logarithmic:
            values = np.concatenate([self.by_length(records)[1].ravel() for records in found.values()])
            log_axis(axes.yaxis, values[np.isfinite(values)].tolist())
        for name, records in found.items():
            lengths, values = self.by_length(records)
            if lengths:
                low, high, mean = np.nanmin(values, 0), np.nanmax(values, 0), np.nanmean(values, 0)
                axes.fill_between(lengths, low, high, color=looks[name].colour, alpha=BAND_ALPHA, lw=0)
                axes.plot(lengths, mean, clip_on=False, **looks[name].line | looks[name].point)
        trained = {length for records in found.values() for length in records[0]["inside_lengths"]} & set(every)
        if trained:
            trained_range(axes, sorted(trained))
        return {}

    def in_words(self, found: Found) -> str:
        """Say where each series begins and ends."""
        said = []
        for name, records in found.items():
            lengths, values = self.by_length(records)
            means = np.nanmean(values, 0)
            ends = [f"{shown_as(means[place], self.is_share)} at {lengths[place]}" for place in (0, -1) if lengths]
            said.append(f"{name} {' and '.join(ends) or 'no number'}")
        return f"{self.name} by {self.length_name}: {'; '.join(said)}."


@dataclass(frozen=True)
class Dots:
    """A measure: a dot a seed, a bar at the mean; each series on a line of its own."""

    title: str
    series: tuple[Series, ...]
    measure: Measure
    name: str
    is_logarithmic: bool = False

    def panel(self, found: Found, looks: Mapping[str, Look]) -> Panel:
        """Return the chart, with room on the left for the names."""
        margins = (0.25 + LETTER * max(map(len, found)), *MARGINS[1:])
        return Panel(self.title, self.in_words(found), partial(self.draw, found, looks), SIZE, margins)

    def draw(self, found: Found, looks: Mapping[str, Look], axes: Axes) -> Tips:
        """Draw the dots, the first series on top."""
        every: list[float] = []
        for place, (name, records) in enumerate(found.items()):
            numbers = known(self.measure, records)
            if not len(numbers):
                continue
            spread = np.linspace(-0.16, 0.16, len(numbers)) if len(numbers) > 1 else [0]
            shown, mean = scaled(self.measure, numbers), scaled(self.measure, numbers.mean())
            axes.plot(shown, np.add(place, spread), ls="", alpha=0.8, clip_on=False, **looks[name].point)
            axes.plot([mean, mean], [place - 0.3, place + 0.3], color=INK, lw=1.6, clip_on=False)
            written = short(self.measure, float(numbers.mean()))
            axes.text(mean, place - 0.33, written, ha="center", va="bottom", size=8)
            every += shown.tolist()
        axes.set(xlabel=self.name, yticks=range(len(found)), yticklabels=list(found))
        axes.set_ylim(len(found) - 0.4, -0.8)
        axes.tick_params(axis="y", length=0)
        self.set_limits(every, axes)
        return {}

    def set_limits(self, every: Sequence[float], axes: Axes) -> None:
        """Show all dots, on an axis so wide that a difference which hardly matters looks small."""
        if self.is_logarithmic:
            log_axis(axes.xaxis, every)
            return
        axes.locator_params(axis="x", nbins=5)
        if not every:
            return
        low, high = (0.0 if self.measure.unit == SECONDS else min(every)), max(every)
        room = max(0.08 * (high - low), (LEAST.get(self.measure.unit, 0) - (high - low)) / 2)
        past = max(0.0, high + room - FULL) if self.measure.unit == SHARE else 0
        axes.set_xlim(low - room - past if low else -past, high + room - past)

    def in_words(self, found: Found) -> str:
        """Say each series' mean."""
        means = {name: known(self.measure, records) for name, records in found.items()}
        said = [
            f"{name} {short(self.measure, float(numbers.mean())) if len(numbers) else 'no number'}"
            for name, numbers in means.items()
        ]
        return f"{self.name}, mean over seeds: {'; '.join(said)}."


def known(measure: Measure, records: Sequence[Record]) -> np.ndarray:
    """Return the numbers of the seeds that have one, on the scale of comparison."""
    values = np.array([number_of(measure, record) for record in records])
    return values[np.isfinite(values)]


def scaled(measure: Measure, values: Any) -> Any:
    """Return numbers as an axis shows them: shares in percent."""
    return np.exp(values) if measure.ratio else values * (100 if measure.unit == SHARE else 1)


def plainly(value: float) -> str:
    """Write a number with three digits that tell."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def shown_as(value: float, is_share: bool) -> str:
    """Write a mean, a share in percent."""
    return f"{100 * value:.1f} %" if is_share else plainly(value)


def with_records(series: Sequence[Series], groups: Groups) -> dict[str, Sequence[Record]]:
    """Return the records of those series that have any."""
    return {one.name: groups[one.pair] for one in series if groups.get(one.pair)}
