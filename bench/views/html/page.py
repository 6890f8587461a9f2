"""The report, one offline page of a run: a section a kind of chart, within it a part a task."""

from __future__ import annotations

import base64
import hashlib
import itertools
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bench.records.store import write_atomically
from bench.views.charts import images
from bench.views.charts.figures import HEAT, SECTIONS
from bench.views.charts.material import NATS, read_run
from bench.views.charts.style import styled
from bench.views.html import origin, tables
from bench.views.html.answers import examples
from bench.views.html.inline import inlined, swatch

HERE = Path(__file__).resolve().parent


@styled()
def write_report(out: Path, suite: str) -> Path:
    """Write report.html into a run's folder, from its records alone; return its path."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    run, script = read_run(out, suite), (HERE / "page.js").read_text(encoding="utf-8")
    count = itertools.count()  # no two charts of the page share a name
    page = environment.get_template("page.html").render(
        run=run,
        nats=NATS,
        style=Markup((HERE / "page.css").read_text(encoding="utf-8")),  # our own file
        script=Markup(script),  # our own file
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        swatches={style.index: swatch(style, f"style{style.index}") for style in run.styles.values()},
        boards=tables.boards(run),
        heat=images,
        measures=HEAT,
        sections=[section for section in SECTIONS if section.tasks(run)],
        inlined=lambda task, panel: inlined(task, panel, f"c{next(count)}"),
        numbers=tables.NUMBERS,
        answers={task: examples(run.records(task), run.styles) for task in run.tasks},
        facts=origin.facts(run),
        commands=origin.commands(run),
    )
    write_atomically(out / "report.html", page)
    return out / "report.html"
