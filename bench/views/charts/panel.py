"""A panel: one picture that a page shows alone and a figure shows beside others."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.views.charts.style import SeriesStyle, label, printable, styled

Tips = dict[str, list[str]]  # by a series' name: what each of its points says
SMALL, HALF, WIDE, WHOLE = (3.5, 2.6), (4.5, 3.0), (5.0, 3.0), (7.2, 3.4)  # inches
MARGINS = (0.66, 0.14, 0.32, 0.5)  # left, right, above, below, inches
LETTER = 0.076  # inches of a letter beside an axis
UNTITLED = 0.12  # above a panel without a title
LEGEND_ROW, HEADING, DOTS = 0.24, 0.34, 110
LEGEND_LINE, LEGEND_LETTER = 0.6, 0.075  # inches of an entry, and of each letter of its name


@dataclass(frozen=True)
class Panel:
    """A picture: its title (its task is said around it), what is to be seen in words, how it is drawn on axes."""

    title: str
    alt_text: str
    draw: Callable[[Axes], Tips]
    size: tuple[float, float] = SMALL
    margins: tuple[float, float, float, float] = MARGINS


def series(style: SeriesStyle, part: object = "") -> str:
    """Return the name under which a family's artist is known: pages switch families on and off by it."""
    return f"family-{style.index}.{part}"


def alone(panel: Panel) -> tuple[Figure, Tips]:
    """Draw a panel by itself, without its title, which a page writes."""
    figure = Figure(figsize=panel.size)
    return figure, panel.draw(axes_of(figure, panel, 0, 0, titled=False))


def axes_of(figure: Figure, panel: Panel, left: float, bottom: float, titled: bool) -> Axes:
    """Make the axes of a panel whose lower left corner stands at a place of a figure (inches)."""
    full_width, full_height = figure.get_size_inches()
    before, after, above, below = panel.margins
    width, height = panel.size[0] - before - after, panel.size[1] - below - (above if titled else UNTITLED)
    corner = (left + before) / full_width, (bottom + below) / full_height
    return figure.add_axes((*corner, width / full_width, height / full_height))


def together(
    heading: str, panels: Sequence[Panel], columns: int, styles: Mapping[str, SeriesStyle] | None = None
) -> Figure:
    """Draw panels of one size in a grid under a heading, with a legend below where `styles` are given."""
    columns = min(columns, len(panels))
    width, height = panels[0].size
    names = [label(name) for name in styles or {}]
    across = max(1, int(columns * width / (LEGEND_LINE + LEGEND_LETTER * max(map(len, names), default=1))))
    below = LEGEND_ROW * math.ceil(len(names) / across) + (0.1 if names else 0)
    full = HEADING + math.ceil(len(panels) / columns) * height + below
    figure = Figure(figsize=(columns * width, full))
    figure.text(0.1 / (columns * width), 1 - 0.1 / full, printable(heading), va="top", size=12, weight="bold")
    titled = len(panels) > 1
    for index, panel in enumerate(panels):
        row, column = divmod(index, columns)
        axes = axes_of(figure, panel, column * width, full - HEADING - (row + 1) * height, titled)
        if titled:
            axes.set_title(label(panel.title))
        panel.draw(axes)
    if names:
        figure.legend(handles=legend_handles(styles or {}), labels=names, loc="lower left", ncols=across)
    return figure


def legend_handles(styles: Mapping[str, SeriesStyle]) -> list[Line2D]:
    """Return a line and a marker for each family."""
    return [Line2D([], [], **style.line | style.point) for style in styles.values()]


@styled()
def svg_of(figure: Figure, salt: str = "lengthwise") -> bytes:
    """Return a figure as SVG, the same bytes each time; with another salt it has other names within."""
    buffer = io.BytesIO()
    mpl.rcParams["svg.hashsalt"] = salt
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


@styled()
def png_of(figure: Figure) -> bytes:
    """Return a figure as PNG, the same bytes each time."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS, metadata={"Software": None})
    return buffer.getvalue()
