"""The lessons' pictures as files, SVG and PNG, the same bytes from the same records."""

from __future__ import annotations

from pathlib import Path

from bench.records.store import write_atomically
from bench.studies.claims.charts import Dots, with_records
from bench.studies.claims.claims import Lesson
from bench.studies.claims.measures import Groups
from bench.views.charts.figures import plain
from bench.views.charts.panel import Panel, png_of, svg_of, together
from bench.views.charts.style import Look, look_at, styled

COLUMNS = 2


def file_name(lesson: Lesson) -> str:
    """Return the name of a lesson's picture without its ending."""
    return f"lesson-{lesson.name}"


@styled()
def write_pictures(folder: Path, course: tuple[Lesson, ...], groups: Groups) -> dict[str, str]:
    """Write the pictures of those lessons that have runs -> by lesson, what is to be seen, in words.

    Pictures of lessons that are no more are removed.
    """
    seen, written = {}, set()
    for lesson in course:
        panels, looks = panels_of(lesson, groups)
        if not panels:
            continue
        figure = together(lesson.title, panels, COLUMNS, looks)
        for ending, made in (("svg", svg_of(figure)), ("png", png_of(figure))):
            path = folder / f"{file_name(lesson)}.{ending}"
            write_atomically(path, made)
            written.add(path)
        seen[lesson.name] = plain(" ".join(f"{panel.title}: {panel.description}" for panel in panels))
    for path in set(folder.glob("lesson-*")) - written:
        path.unlink()
    return seen


def panels_of(lesson: Lesson, groups: Groups) -> tuple[list[Panel], dict[str, Look] | None]:
    """Return a lesson's panels, and the looks for a legend where lines have no names beside them."""
    names = dict.fromkeys(series.name for chart in lesson.charts for series in chart.series)
    looks = {name: look_at(index) for index, name in enumerate(names)}
    drawn = [(chart, found) for chart in lesson.charts if (found := with_records(chart.series, groups))]
    panels = [chart.panel(found, looks) for chart, found in drawn]
    lined = {name for chart, found in drawn if not isinstance(chart, Dots) for name in found}
    return panels, {name: look for name, look in looks.items() if name in lined} or None
