"""The report: one offline page of a run, and its main charts as files beside it."""

from __future__ import annotations

from pathlib import Path

from bench.pages.figures import write_run_figures
from bench.pages.material import read_run
from bench.pages.page import page_of
from bench.records import write_atomically


def write_report(out: Path, suite: str) -> Path:
    """Write report.html into a run's folder, from its records alone; return its path."""
    path = out / "report.html"
    write_atomically(path, page_of(read_run(out, suite)))
    return path


def write_figures(out: Path, suite: str) -> list[Path]:
    """Write figures/ into a run's folder: SVG and PNG of the main charts, and captions.md; return the files."""
    return write_run_figures(out / "figures", read_run(out, suite))
