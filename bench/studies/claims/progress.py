"""Charts of a lesson that show time: training, step by step, and a signal as it goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.axes import Axes

from bench.records.store import Record
from bench.studies.claims.charts import BAND_ALPHA, SIZE, Found, Series, shown_as
from bench.views.charts.axes import plain, share_axis
from bench.views.charts.panel import Panel, Tips
from bench.views.charts.signals import numbers
from bench.views.charts.style import INK, Look

ROOM = 0.6  # of the truth's height, above and below it


@dataclass(frozen=True)
class Learning:
    """What looks at training saw: means over the seeds that trained that long, shaded from the worst to the best.

    what: "exact" (held-out strings right) or "loss"
    """

    title: str
    series: tuple[Series, ...]
    what: str
    name: str

    def panel(self, found: Found, looks: Mapping[str, Look]) -> Panel:
        """Return the chart."""
        return Panel(self.title, self.in_words(found), partial(self.draw, found, looks), SIZE)

    def draw(self, found: Found, looks: Mapping[str, Look], axes: Axes) -> Tips:
        """Draw a line a series."""
        axes.set_xlabel("optimiser steps")
        axes.xaxis.set_major_formatter(plain)
        if self.what == "exact":
            share_axis(axes, self.name)
        else:
            axes.set_ylabel(self.name)
        for name, records in found.items():
            steps, values = self.looks_at(records)
            if len(steps):
                axes.fill_between(
                    steps, np.nanmin(values, 0), np.nanmax(values, 0), color=looks[name].colour, alpha=BAND_ALPHA, lw=0
                )
                axes.plot(steps, np.nanmean(values, 0), clip_on=False, **looks[name].line)
        return {}

    def looks_at(self, records: Sequence[Record]) -> tuple[list[int], np.ndarray]:
        """Return the steps at which any seed has a value, and the values (seeds, steps), NaN where one has none.

        A seed that stopped early because all was right goes on as it stopped.
        """
        curves = [
            {look["step"]: look[self.what] for look in record["curve"] if look[self.what] is not None}
            for record in records
        ]
        steps = sorted(set().union(*curves))
        lasts = [curve[max(curve)] if curve and self.what == "exact" else np.nan for curve in curves]
        values = [[curve.get(step, last) for step in steps] for curve, last in zip(curves, lasts, strict=True)]
        return steps, np.array(values, dtype=float)

    def in_words(self, found: Found) -> str:
        """Say where each series ends."""
        ends = {name: self.looks_at(records) for name, records in found.items()}
        said = [
            f"{name} {shown_as(float(np.nanmean(values[:, -1])), self.what == 'exact')} at step {steps[-1]}"
            for name, (steps, values) in ends.items()
            if steps
        ]
        return f"{self.name} by training: {'; '.join(said)}."


@dataclass(frozen=True)
class Signals:
    """One signal continued by each series, its first seed, over the truth; a horizon of so many steps."""

    title: str
    series: tuple[Series, ...]
    horizon: int

    def panel(self, found: Found, looks: Mapping[str, Look]) -> Panel:
        """Return the chart."""
        return Panel(self.title, self.in_words(found), partial(self.draw, found, looks), SIZE)

    def draw(self, found: Found, looks: Mapping[str, Look], axes: Axes) -> Tips:
        """Draw the truth as a broad pale line, the continuations over it."""
        axes.set(xlabel="steps after the observed part", ylabel="signal")
        continued = {name: self.sample(records) for name, records in found.items()}
        for place, (name, (truth, own)) in enumerate(continued.items()):
            if not place:
                axes.plot(truth, color=INK, alpha=0.22, lw=5, solid_capstyle="round")
                low, high = np.nanmin(truth), np.nanmax(truth)
                room = ROOM * (high - low)
                axes.set_ylim(low - room, high + room)
            axes.plot(own, **looks[name].line)
        axes.locator_params(nbins=6)
        return {}

    def sample(self, records: Sequence[Record]) -> tuple[np.ndarray, np.ndarray]:
        """Return the truth and the continuation of the first signal that the first seed kept, at the horizon if any."""
        samples = records[0]["samples"]
        kept = next((one for one in samples if one["length"] == self.horizon), samples[0])
        return numbers(kept["truth"]), numbers(kept["written"])

    def in_words(self, found: Found) -> str:
        """Say how far each continuation goes from the truth."""
        said = []
        for name, records in found.items():
            truth, own = self.sample(records)
            errors = np.abs(own[: len(truth)] - truth[: len(own)])
            worst = f"{np.nanmax(errors):.2g}" if np.isfinite(errors).any() else "no number"
            said.append(f"{name} {worst}")
        return f"farthest from the truth within {self.horizon} steps: {'; '.join(said)}."
