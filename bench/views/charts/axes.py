"""Axes that several charts share: what one shows, on which scale, how its numbers are written, what is marked on it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from bench.views.charts.style import INK
from bench.views.numbers import percent

LOG_FROM = 10  # lengths that span more than this factor are shown on a log scale
MOST_TICKS = 7
SHORT = 0.001  # smaller numbers are written with a power of ten
INK_ALPHA = 0.13
DEPTH = 1000
FULL = 1.01  # where an axis of shares that need not show 0 ends, if its values let it
UP, DOWN = "\N{UPWARDS ARROW}", "\N{DOWNWARDS ARROW}"
CLOSE = 0.06  # of the axis: levels that are nearer to each other are named above and below their lines
ROOM = 0.05  # of the families' range, beyond a level
RIGHT = 1.12  # inches right of the axes that the names of levels need


@dataclass(frozen=True)
class Scale:
    """What an axis shows and how.

    form: "linear"; "log"; "length": log where the values span more than a factor of ten; "share": 0 to 1, in percent;
    "cost": along the bottom, log down to a thousandth of the most, then linear to nothing
    ticks: where given, the axis is marked there, with these words, and nowhere else
    least: what a free axis spans at least, so that noise does not fill it; top: values above it are cut off
    limits: where the axis begins and ends, whatever the values are
    """

    name: str
    form: str = "linear"
    ticks: Mapping[float, str] = field(default_factory=dict)
    least: float = 0.0
    top: float | None = None
    from_zero: bool = False
    limits: tuple[float, float] | None = None

    @property
    def label(self) -> str:
        """Its name with its unit."""
        return f"{self.name}, %" if self.form == "share" else self.name

    def write(self, value: float) -> str:
        """Write a value for people."""
        if math.isnan(value):
            return "no number"
        if self.form == "share":
            return f"{percent(value)} %" if value >= 0 else f"{100 * value:.1f} %"
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"

    def apply(self, axis: Axis, values: Iterable[float]) -> None:
        """Set an axis up for these values."""
        known = [float(value) for value in values if math.isfinite(value)]
        positive = [value for value in known if value > 0]
        axis.set_label_text(self.label)
        wide = self.form == "length" and positive and max(positive) > LOG_FROM * min(positive)
        if self.form == "cost":
            cost_axis(axis, known)
        elif self.form == "log" or wide:
            log_axis(axis, positive)
        elif self.form != "share":
            axis.set_major_locator(MaxNLocator(6, integer=self.form == "length"))
        axis.set_minor_locator(NullLocator())
        shares = FuncFormatter(lambda value, _: f"{100 * value:g}")
        axis.set_major_formatter(shares if self.form == "share" else FuncFormatter(plain))
        if self.ticks:
            axis.set_major_locator(FixedLocator(list(self.ticks)))
            axis.set_major_formatter(FixedFormatter(list(self.ticks.values())))
            axis.set_tick_params(labelsize=8)
        if self.limits:
            axis.axes.set(**{f"{name_of(axis)}lim": self.limits})

    def free_limits(self, values: Sequence[float]) -> tuple[float, float] | None:
        """Return limits that show all values, at least so far apart as is worth seeing; None without values."""
        if not values:
            return None
        low, high = 0.0 if self.from_zero else min(values), max(values)
        room = max(0.08 * (high - low), (self.least - (high - low)) / 2)
        past = max(0.0, high + room - FULL) if self.form == "share" else 0.0
        return (low - room - past if low else -past), high + room - past


def name_of(axis: Axis) -> str:
    """Return "x" or "y"."""
    return str(axis.axis_name)  # type: ignore[attr-defined]  # matplotlib's stubs leave it out


def plain(value: float, _: object = None) -> str:
    """Write a number of an axis shortly: 2e-4, 0.1, 20, 1.5k, 3M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}" if abs(value) >= SHORT or not value else f"{value:.0e}".replace("e-0", "e-")


def round_numbers(low: float, high: float) -> list[float]:
    """Return round numbers from low to high: 1, 2, 5, 10 ... or, where these are too many, powers of ten."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        found = [step * 10.0**power for power in powers for step in steps if low <= step * 10.0**power <= high]
        if len(found) <= MOST_TICKS:
            break
    return found


def log_axis(axis: Axis, values: Sequence[float]) -> None:
    """Make an axis logarithmic over values above 0, with round numbers."""
    name = name_of(axis)
    axis.axes.set(**{f"{name}scale": "log"})
    if values:
        margin = max((max(values) / min(values)) ** 0.04, 1.05)
        low, high = min(values) / margin, max(values) * margin
        axis.axes.set(**{f"{name}lim": (low, high)})
        axis.set_major_locator(FixedLocator(round_numbers(low, high) or [values[0]]))


def cost_axis(axis: Axis, costs: Sequence[float]) -> None:
    """Make an axis of costs: logarithmic, and linear near nothing, which trivial baselines cost."""
    most = max(costs) or 1.0
    least = 10.0 ** math.floor(math.log10(min(cost for cost in [*costs, most] if cost > most / DEPTH)))
    powers = range(round(math.log10(least)), math.floor(math.log10(most * 1.7)) + 1)
    axis.axes.set_xscale("symlog", linthresh=least, linscale=0.5)
    axis.axes.set_xlim(-0.15 * least, most * 1.7)
    axis.set_major_locator(FixedLocator([0, *(10.0**power for power in powers)]))


def trained_range(axes: Axes, inside: tuple[float, float]) -> None:
    """Shade a range of training lengths, a single one a little to either side; call it when the scale is set."""
    scale = axes.xaxis.get_transform()
    low, high, first, last = scale.transform(np.array([*axes.get_xlim(), *inside], dtype=float))
    wide = 0.015 * (high - low)
    ends = scale.inverted().transform(np.array([max(first - wide, low), min(last + wide, high)]))
    axes.axvspan(*ends, color=INK, alpha=INK_ALPHA, lw=0)


def mark_levels(axes: Axes, levels: Mapping[str, float]) -> None:
    """Draw reference levels, dotted, named at the right; those that are far from every family are only named."""

    def beside(said: str, height: float, aligned: str, shift: float = 0) -> None:
        axes.annotate(
            said, (1, height), xycoords="axes fraction", xytext=(3, shift), textcoords="offset points", size=8,
            va=aligned, annotation_clip=False,
        )  # fmt: skip

    low, high = axes.get_ylim()
    found = {(value, name) for name, value in levels.items()}
    near = sorted(each for each in found if 2 * low - high <= each[0] <= 2 * high - low)
    for value, _ in near:
        axes.axhline(value, color=INK, alpha=0.55, lw=1, ls=(0, (1, 1.5)))
    room = ROOM * (high - low)
    low, high = min([low, *(value - room for value, _ in near)]), max([high, *(value + room for value, _ in near)])
    axes.set_ylim(low, high)
    close = bool(near) and near[-1][0] - near[0][0] < CLOSE * (high - low)
    for place, (value, name) in enumerate(near):
        beside(name, (value - low) / (high - low), "center" if not close else "bottom" if place else "top")
    for place, (value, name) in enumerate(sorted(found - set(near), reverse=True)):
        above = value > high
        beside(f"{UP if above else DOWN} {name}", float(above), "center", -10 * place)
