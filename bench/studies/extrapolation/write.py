"""Writes the page of a run that extrapolates, and its pictures."""

from __future__ import annotations

import os
from pathlib import Path

from bench.records.store import write_atomically
from bench.studies.extrapolation.figures import write_pictures
from bench.studies.extrapolation.page import Content, content, extrapolation_page
from bench.views.charts.material import read_run


def write_extrapolation(out: Path, page: Path | None) -> Content:
    """Write extrapolation.md and figures/extrapolation/ into a run's folder, from its records alone.

    page: a file that gets the same page, its pictures still those of the run
    """
    shown = content(read_run(out, out.resolve().name))
    figures = out / "figures" / "extrapolation"
    write_pictures(figures, list(shown.pictures.values()))
    for file in (out / "extrapolation.md", *([page] if page else [])):
        folder = Path(os.path.relpath(figures.resolve(), file.resolve().parent)).as_posix()
        write_atomically(file, extrapolation_page(shown, folder))
    return shown
