"""Axes that several charts share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

LOG_FROM = 10  # lengths that span more than this factor are shown on a log scale
MOST_TICKS = 7
SHORT = 0.001  # smaller numbers are written with a power of ten
INK_ALPHA = 0.13


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


def log_axis(axis: Axis, values: Iterable[float]) -> None:
    """Make an axis logarithmic over values above 0, with round numbers written plainly."""
    known = [value for value in values if value > 0]
    name: str = axis.axis_name  # type: ignore[attr-defined]  # "x" or "y"; matplotlib's stubs leave it out
    axis.axes.set(**{f"{name}scale": "log"})
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(plain))
    if known:
        margin = max((max(known) / min(known)) ** 0.04, 1.05)
        low, high = min(known) / margin, max(known) * margin
        axis.axes.set(**{f"{name}lim": (low, high)})
        axis.set_major_locator(FixedLocator(round_numbers(low, high) or [known[0]]))


def length_axis(axes: Axes, lengths: Sequence[int], name: str) -> None:
    """Lengths along the bottom, on a log scale where they span more than a factor of ten."""
    axes.set_xlabel(name)
    if max(lengths) > LOG_FROM * min(lengths):
        log_axis(axes.xaxis, lengths)
    else:
        axes.xaxis.set_major_formatter(FuncFormatter(plain))
        axes.locator_params(axis="x", nbins=6, integer=True)


def share_axis(axes: Axes, name: str) -> None:
    """Shares up the side, in percent."""
    axes.set(ylim=(-0.03, 1.03), ylabel=name)
    axes.yaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}"))


def trained_range(axes: Axes, inside: Sequence[int]) -> None:
    """Shade the training lengths, a single one a little to either side; call it when the scale is set."""
    low, high = axes.get_xlim()
    wide = (high / low) ** 0.015 if axes.get_xscale() == "log" else (high - low) * 0.015
    if axes.get_xscale() == "log":
        left, right = min(inside) / wide, max(inside) * wide
    else:
        left, right = min(inside) - wide, max(inside) + wide
    axes.axvspan(max(left, low), min(right, high), color=axes.spines["left"].get_edgecolor(), alpha=INK_ALPHA, lw=0)


def length_name(kind: str) -> str:
    """Say what a length is."""
    return {"values": "horizon (steps)", "stream": "largest number of the text", "text": "context (symbols)"}.get(
        kind, "length"
    )
