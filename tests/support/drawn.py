"""Charts as tests look at them: drawn, with what they say of their points."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.records.store import Record, write_record
from bench.views.charts import style
from bench.views.charts.material import Run, read_run
from bench.views.charts.panel import Panel


def run_of(folder: Path, *records: Record) -> Run:
    for made in records:
        write_record(folder / "records", made)
    return read_run(folder, "mine")


@style.styled()
def drawn(panel: Panel) -> tuple[Axes, dict[str, list[str]]]:
    axes = Figure().subplots()
    return axes, panel.draw(axes)


def series(axes: Axes, gid: str) -> tuple[list[float], list[float]]:
    (line,) = [line for line in axes.lines if line.get_gid() == gid]
    return list(map(float, line.get_xdata())), list(map(float, line.get_ydata()))


def band_of(axes: Axes, family: str) -> set[tuple[int, float]]:
    """The corners of a family's band."""
    (band,) = [band for band in axes.collections if band.get_gid() == f"{family}.points.interval"]
    return {(round(x), round(y, 6)) for x, y in band.get_paths()[0].vertices.tolist()}
