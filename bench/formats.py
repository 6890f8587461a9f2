"""How numbers are written for people: percentages, intervals, horizons, lines of Markdown tables."""

from __future__ import annotations

import math


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


def share(value: float, low: float, high: float) -> str:
    """A share with its interval, where there is one."""
    if math.isnan(value):
        return "-"
    return percent(value) if math.isnan(low) else f"{percent(value)} [{percent(low)}, {percent(high)}]"


def amount(value: float, low: float, high: float, digits: int = 1) -> str:
    """A measured number with its interval, where there is one."""
    if math.isnan(value):
        return "-"
    said = f"{value:,.{digits}f}"
    return said if math.isnan(low) or low == high else f"{said} [{low:,.{digits}f}, {high:,.{digits}f}]"


def reach(length: float, low: float, high: float, longest_inside: int, longest: int) -> str:
    """A horizon with its multiple of the longest training length, and its interval where the seeds' horizons differ.

    `>=` marks a horizon, or an end of its interval, at which the longest evaluated length still holds.
    """
    if not length and (math.isnan(high) or not high):
        return "-"
    said = f"{bound(length, longest)} ({length / longest_inside:.3g}x)" if length else "-"
    return said if math.isnan(low) or low == high else f"{said} [{bound(low, longest)}, {bound(high, longest)}]"


def bound(length: float, longest: int) -> str:
    """A length, marked where it is censored."""
    return f"{'>= ' if length == longest else ''}{int(length)}"


def row_of(cells: list[str] | tuple[str, ...]) -> str:
    """One line of a Markdown table; a bar in a cell is escaped."""
    escaped = (text.replace("|", r"\|") for text in cells)
    return f"| {' | '.join(escaped)} |"


def heading_rows(header: tuple[str, ...], names: int = 1) -> list[str]:
    """Return the first two lines of a Markdown table: so many columns of names, then numbers."""
    return [row_of(header), row_of(["---"] * names + ["---:"] * (len(header) - names))]
