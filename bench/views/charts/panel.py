"""A panel: one picture that a page shows alone. A drawing: panels with a heading, a legend and a caption, as files."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.records.store import write_atomically
from bench.views.charts.style import SeriesStyle, label, printable, styled

Tips = dict[str, list[str]]  # by a series' name: what each of its points says
SMALL, HALF, WIDE, WHOLE = (3.5, 2.6), (4.5, 3.0), (5.0, 3.0), (7.2, 3.4)  # inches
MARGINS = (0.66, 0.14, 0.32, 0.5)  # left, right, above, below, inches
LETTER = 0.076  # inches of a letter beside an axis
UNTITLED = 0.12  # above a panel without a title
LEGEND_ROW, HEADING = 0.24, 0.34
LEGEND_LINE, LEGEND_LETTER = 0.6, 0.075  # inches of an entry, and of each letter of its name
SAVED: dict[str, dict[str, Any]] = {  # without what differs from time to time
    "svg": {"metadata": {"Date": None, "Creator": None}},
    "png": {"metadata": {"Software": None}, "dpi": 110},
}


@dataclass(frozen=True)
class Panel:
    """A picture: its title (its task is said around it), what is to be seen in words, how it is drawn on axes."""

    title: str
    alt_text: str
    draw: Callable[[Axes], Tips]
    size: tuple[float, float] = SMALL
    margins: tuple[float, float, float, float] = MARGINS


def axes_of(figure: Figure, panel: Panel, left: float = 0, bottom: float = 0, titled: bool = False) -> Axes:
    """Make the axes of a panel whose lower left corner stands at a place of a figure (inches)."""
    full_width, full_height = figure.get_size_inches()
    before, after, above, below = panel.margins
    width, height = panel.size[0] - before - after, panel.size[1] - below - (above if titled else UNTITLED)
    corner = (left + before) / full_width, (bottom + below) / full_height
    return figure.add_axes((*corner, width / full_width, height / full_height))


def legend_handles(styles: Mapping[str, SeriesStyle]) -> list[Line2D]:
    """Return a line and a marker for each family."""
    return [Line2D([], [], **style.line | style.point) for style in styles.values()]


@styled()
def saved(figure: Figure, ending: str, salt: str = "lengthwise") -> bytes:
    """Return a figure as "svg" or "png", the same bytes each time; with another salt it has other names within."""
    buffer = io.BytesIO()
    mpl.rcParams["svg.hashsalt"] = salt
    figure.savefig(buffer, format=ending, **SAVED[ending])
    return buffer.getvalue()


@dataclass(frozen=True)
class Drawing:
    """A figure to be: its file's name without ending, its heading, its panels and how they stand.

    styles: those that its legend explains; caption: how it is read
    """

    name: str
    heading: str
    panels: Sequence[Panel]
    columns: int = 2
    styles: Mapping[str, SeriesStyle] | None = None
    caption: str = ""

    @property
    def alt_text(self) -> str:
        """What is to be seen in it, for those who do not see it, as Markdown."""
        said = (f"{panel.title}: {panel.alt_text}".removeprefix(": ") for panel in self.panels)
        return escaped(" ".join(" ".join(said).split()))

    @styled()
    def figure(self) -> Figure:
        """Draw its panels, of one size, in a grid under its heading, with a legend below where it has styles."""
        columns, styles = min(self.columns, len(self.panels)), self.styles or {}
        width, height = self.panels[0].size
        names = [label(name) for name in styles]
        across = max(1, int(columns * width / (LEGEND_LINE + LEGEND_LETTER * max(map(len, names), default=1))))
        below = LEGEND_ROW * math.ceil(len(names) / across) + (0.1 if names else 0)
        full = HEADING + math.ceil(len(self.panels) / columns) * height + below
        figure = Figure(figsize=(columns * width, full))
        figure.text(
            0.1 / figure.get_figwidth(), 1 - 0.1 / full, printable(self.heading), va="top", size=12, weight="bold"
        )
        titled = len(self.panels) > 1
        for index, panel in enumerate(self.panels):
            row, column = divmod(index, columns)
            axes = axes_of(figure, panel, column * width, full - HEADING - (row + 1) * height, titled)
            if titled:
                axes.set_title(label(panel.title))
            panel.draw(axes)
        if names:
            figure.legend(handles=legend_handles(styles), labels=names, loc="lower left", ncols=across)
        return figure

    def files(self, *endings: str) -> list[bytes]:
        """Return it as "svg" or "png", the same bytes each time."""
        figure = self.figure()
        return [saved(figure, ending) for ending in endings]


def write_drawings(
    folder: Path, drawings: Iterable[Drawing], endings: Sequence[str] = ("svg", "png"), only: str = ""
) -> list[Path]:
    """Write drawings into a folder, a file an ending; return the files.

    only: files of this pattern that are none of them are of an earlier run, and removed
    """
    written = []
    for drawing in drawings:
        for ending, made in zip(endings, drawing.files(*endings), strict=True):
            path = folder / f"{drawing.name}.{ending}"
            write_atomically(path, made)
            written.append(path)
    for path in set(folder.glob(only)) - set(written) if only else ():
        path.unlink()
    return written


def escaped(text: str) -> str:
    """Return text in which no character means anything to Markdown."""
    return re.sub(r"([\\\[\]<>`*_|])", r"\\\1", text)
