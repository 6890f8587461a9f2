"""The report: one offline page of a run, and its main charts as files beside it."""

from __future__ import annotations

from pathlib import Path

from bench.records.store import write_atomically
from bench.views.charts.figures import write_run_figures
from bench.views.charts.material import read_run
from bench.views.html.page import page_of


def write_report(out: Path, suite: str) -> Path:
    """Write report.html into a run's folder, from its records alone; return its path."""
    path = out / "report.html"
    write_atomically(path, page_of(read_run(out, suite)))
    return path


def write_figures(out: Path, suite: str) -> list[Path]:
    """Write figures/ into a run's folder: SVG and PNG of the main charts, and captions.md; return the files."""
    return write_run_figures(out / "figures", read_run(out, suite))
