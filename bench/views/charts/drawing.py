"""A drawing: a figure to be, of one panel or several, with its heading, caption and legend, written as files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.records.store import write_atomically
from bench.views.charts.panel import Panel, png_of, svg_of, together
from bench.views.charts.style import SeriesStyle, styled

MAKERS = {"svg": svg_of, "png": png_of}


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
    def files(self, *endings: str) -> list[bytes]:
        """Return it as "svg" or "png", the same bytes each time."""
        figure = together(self.heading, self.panels, self.columns, self.styles)
        return [MAKERS[ending](figure) for ending in endings]


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
