"""How numbers are written for people: percentages, intervals, horizons, lines of Markdown tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bench.records.schema import ELSEWHERE, SCORED

ROUNDING = 1e-12  # relative: sums of the same numbers in another order
SMALL, HUGE = 100, 1e6  # perplexities below one have two digits behind the point; from the other on, one in all


def percent(value: float) -> str:
    """100.0, 99.6, 0.02; never rounded up to 100 nor down to 0."""
    if math.isinf(value):
        return "inf"
    if math.isnan(value):
        return "-"
    scaled = 100 * value
    if scaled > 1000:
        return f"{scaled:.1g}"
    if 99.95 <= scaled < 100:
        return ">99.9"
    return f"{scaled:.1f}" if scaled >= 0.05 or scaled == 0 else f"{scaled:.1g}"


def bracketed(write: Callable[[float], str], value: float, low: float, high: float, same: bool = False) -> str:
    """Write a number and, where there is one, its interval, but for one whose ends are the `same`."""
    if math.isnan(value):
        return "-"
    return write(value) if math.isnan(low) or same else f"{write(value)} [{write(low)}, {write(high)}]"


def share(value: float, low: float, high: float) -> str:
    """A share with its interval, where there is one."""
    return bracketed(percent, value, low, high)


def amount(value: float, low: float, high: float, digits: int = 1) -> str:
    """A measured number with its interval, where there is one."""
    return bracketed(lambda number: f"{number:,.{digits}f}", value, low, high, same=low == high)


def measured(value: float, low: float = math.nan, high: float = math.nan) -> str:
    """Nats or bits with three digits, and their interval where seeds differ by more than rounding."""
    same = math.isclose(low, high, rel_tol=ROUNDING)
    return bracketed(lambda number: f"{number:,.3f}", value, low, high, same)


def times_as_far(times: float) -> str:
    """A multiple of the longest training length, with three digits that count: 0.05x, 1.33x, 1000x."""
    return f"{float(f'{times:.3g}'):.9g}x"


def reach(length: float, low: float, high: float, longest_inside: int, longest: int) -> str:
    """A horizon with its multiple of the longest training length, and its interval where the seeds' horizons differ.

    `>=` marks a horizon, or an end of its interval, at which the longest evaluated length still holds.
    """

    def bound(length: float) -> str:
        return f"{'>= ' if length == longest else ''}{int(length)}"

    if not length and (math.isnan(high) or not high):
        return "-"
    said = f"{bound(length)} ({times_as_far(length / longest_inside)})" if length else "-"
    return said if math.isnan(low) or low == high else f"{said} [{bound(low)}, {bound(high)}]"


def perplexity(value: float) -> str:
    """A perplexity with about three digits that count: 4.57, 182.3, 5e+08."""
    if math.isnan(value):
        return "-"
    return f"{value:.1g}" if value >= HUGE else f"{value:,.2f}" if value < SMALL else f"{value:,.1f}"


def markdown_table(header: Sequence[str], lines: Iterable[Sequence[str]], names: int = 1) -> str:
    """Return a Markdown table: so many columns of names, then numbers; a bar in a cell is escaped."""
    sides = ["---"] * names + ["---:"] * (len(header) - names)
    rows = [[cell.replace("|", r"\|") for cell in row] for row in (header, sides, *lines)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def estimate(row: Mapping[Any, Any], name: str) -> tuple[float, float, float]:
    """Return a number of a row and its interval."""
    return row[name], row[f"{name}_low"], row[f"{name}_high"]


def named(row: Mapping[Any, Any]) -> str:
    """Return a row's model, with how many of its seeds diverged."""
    return f"{row['model']} (diverged: {row['diverged']})" if row["diverged"] else str(row["model"])


def budgeted(row: Mapping[Any, Any]) -> str:
    """Return the steps taken and allowed, or how else a row came to be."""
    if row["device"] == ELSEWHERE:
        return SCORED
    return f"{amount(*estimate(row, 'steps'), digits=0)} / {row['budget']:,}" if row["steps"] else "fitted"
