"""What a suite costs, in words and as a table."""

from __future__ import annotations

from collections.abc import Iterable

from bench.analysis.cost import Cost

UNITS = (("hours", 3600.0), ("minutes", 60.0), ("seconds", 1.0))


def duration(seconds: float) -> str:
    """Write seconds in the unit that suits: 2.7 hours."""
    unit, size = next(((unit, size) for unit, size in UNITS if seconds >= 1.5 * size), UNITS[-1])
    return f"{seconds / size:.1f} {unit}"


def said(suite: str, found: Cost) -> str:
    """Say what is trained and what it costs."""
    pair, seconds = found.longest
    lines = [
        f"suite {suite}: {len(found.jobs):,} jobs, {duration(found.total)} of one processor core",
        f"the longest job: {' '.join(pair)}, {duration(seconds)}",
    ]
    if found.guessed:
        lines.append(f"{found.guessed} pairs without a record count as their family's mean")
    return "\n".join(lines)


def table(found: Cost, spans: Iterable[tuple[int, float, float]]) -> list[str]:
    """Return the lines of the table: workers, how long in the order of the suite and with the longest job first.

    spans: of each number of workers these two in seconds
    """
    lines = [("cores", "in order", "longest first", "busy")]
    for workers, ordered, longest_first in spans:
        busy = found.total / (workers * ordered)
        lines.append((f"{workers:,}", duration(ordered), duration(longest_first), f"{100 * busy:.0f} %"))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(map(str.rjust, line, widths)) for line in lines]
