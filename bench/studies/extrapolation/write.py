"""Writes the page of a run that extrapolates, and its pictures."""

from __future__ import annotations

from pathlib import Path

from bench.studies.extrapolation.families import families, own_rows
from bench.studies.extrapolation.page import Content, content, extrapolation_page
from bench.studies.extrapolation.tables import best_table
from bench.studies.pages import write_pages
from bench.views.charts.drawing import write_drawings
from bench.views.charts.figures import file_names
from bench.views.charts.material import read_run


def write_extrapolation(out: Path, page: Path | None) -> Content:
    """Write extrapolation.md and figures/extrapolation/ into a run's folder, from its records alone.

    page: a file that gets the same page, its pictures still those of the run
    """
    shown = content(read_run(out, out.resolve().name))
    figures = out / "figures" / "extrapolation"
    write_drawings(figures, shown.pictures, endings=["png"], only="*.png")
    files = [out / "extrapolation.md", *([page] if page else [])]
    write_pages(files, figures, lambda folder: extrapolation_page(shown, folder))
    return shown


def horizons_block(out: Path, page: str) -> str:
    """Return the best family of every task of a run, with links to the tasks' sections on a page."""
    run = read_run(out, out.name)
    found = {task: families(run, task) for task in own_rows(run)}
    return best_table(found, file_names(list(found)), page) + "\n"
