"""Assembles the page: a section a kind of chart, within it a part a task."""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bench.views.charts import heat
from bench.views.charts.material import NATS, Run
from bench.views.charts.sections import SECTIONS, PageSection, Styles
from bench.views.charts.style import styled
from bench.views.html import origin, tables
from bench.views.html.answers import examples
from bench.views.html.inline import inlined, swatch

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class TaskPart:
    """One task's part of a section: its charts, each a title and its SVG; `nothing` stands where there are none."""

    task: str
    index: int
    charts: list[tuple[str, Markup]]
    styles: Styles
    numbers: tables.NumbersTable | None
    nothing: str


@styled()
def page_of(run: Run) -> str:
    """Return the whole page."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    script = (HERE / "page.js").read_text(encoding="utf-8")
    numbers = itertools.count()  # no two charts of the page share a name
    return environment.get_template("page.html").render(
        run=run,
        nats=NATS,
        style=Markup((HERE / "page.css").read_text(encoding="utf-8")),  # our own file
        script=Markup(script),  # our own file
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        swatches={style.index: swatch(style, f"style{style.index}") for style in run.styles.values()},
        boards=tables.boards(run),
        heat=heat,
        sections=[(section, parts) for section in SECTIONS if (parts := list(parts_of(section, run, numbers)))],
        answers={task: examples(run.records(task), run.styles) for task in run.tasks},
        facts=origin.facts(run),
        commands=origin.commands(run),
    )


def parts_of(section: PageSection, run: Run, numbers: Iterator[int]) -> Iterator[TaskPart]:
    """Draw a section's charts, task by task."""
    for task in section.tasks(run):
        panels = section.drawn.panels(run, task)
        charts = [(panel.title, inlined(task, panel, f"c{next(numbers)}")) for panel in panels]
        beside = tables.NUMBERS[section.name](run, task) if section.name in tables.NUMBERS and panels else None
        styles = section.drawn.styles(run, task) if panels else {}
        yield TaskPart(task, run.tasks.index(task), charts, styles, beside, "" if panels else section.nothing)
