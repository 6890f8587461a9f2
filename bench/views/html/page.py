"""Assembles the page: a section a kind of chart, within it a block a task."""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.colors import to_hex

from bench.views.charts import errors, heat, mask
from bench.views.charts.contexts import context_panel
from bench.views.charts.cost import cost_panels
from bench.views.charts.curves import curve_panels, learners
from bench.views.charts.lengths import length_panel
from bench.views.charts.material import Run
from bench.views.charts.panel import Panel
from bench.views.charts.signals import signal_panels
from bench.views.charts.style import Look, right_map, styled
from bench.views.html import origin, tables
from bench.views.html.answers import Example, examples
from bench.views.html.inline import inlined, swatch

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Picture:
    """A chart on the page."""

    title: str
    description: str
    svg: Markup


@dataclass(frozen=True)
class Block:
    """One task's part of a section; `note` stands for charts that the task has no use for."""

    task: str
    index: int
    pictures: list[Picture]
    looks: Mapping[str, Look] = field(default_factory=dict)
    table: tables.Table | None = None
    note: str = ""


@styled()
def page_of(run: Run) -> str:
    """Return the whole page."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    script = (HERE / "page.js").read_text(encoding="utf-8")
    return environment.get_template("page.html").render(
        run=run,
        style=Markup((HERE / "page.css").read_text(encoding="utf-8")),  # our own file
        script=Markup(script),  # our own file
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        scale=", ".join(to_hex(right_map()(share / 8)) for share in range(9)),
        swatches={look.index: swatch(look, f"look{look.index}") for look in run.looks.values()},
        columns=tables.board_columns(),
        lines=tables.board_lines(run),
        text_columns=tables.text_columns(),
        text_lines=tables.text_lines(run),
        heat=heat,
        parts=errors.PARTS,
        mask_parts=mask.PLACES.values(),
        facts=origin.facts(run),
        commands=origin.commands(run),
        **Sections(run).all(),
    )


class Sections:
    """The page's sections; pictures are numbered through, so that no two share a name."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.numbers = itertools.count()

    def all(self) -> dict[str, list[Block] | dict[str, tuple[list[Example], list[Example]]]]:
        """Return the blocks of every section by the section's name."""
        tasks = self.run.tasks
        return {
            "lengths": [self.lengths(task) for task in tasks],
            "stops": [self.stops(task) for task in tasks if self.run.has_stops(task)],
            "places": [self.places(task) for task in self.run.strings],
            "answers": {task: examples(self.run.records(task), self.run.looks) for task in tasks},
            "curves": [self.curves(task) for task in tasks],
            "costs": [self.costs(task) for task in tasks],
            "signals": [self.signals(task) for task in tasks if self.run.any_record(task)["kind"] == "values"],
            "masks": [self.masks(task) for task in tasks],
        }

    def lengths(self, task: str) -> Block:
        """Accuracy by length, nats by context."""
        looks, rows = self.run.looks_in(task), self.run.rows(task)
        panel = (
            context_panel(rows, self.run.records(task), looks)
            if self.run.is_text(task)
            else length_panel(rows, self.run.any_record(task), looks)
        )
        return self.block(task, [panel], looks, tables.length_table(self.run, task))

    def stops(self, task: str) -> Block:
        """Stop and content errors."""
        panels = [
            errors.stop_panel(model, self.run.rows(task, model), found[0])
            for model, found in self.run.records(task).items()
        ]
        return self.block(task, panels, table=tables.stop_table(self.run, task))

    def places(self, task: str) -> Block:
        """Errors by place."""
        return self.block(task, [errors.place_panel(*pair) for pair in self.run.records(task).items()])

    def curves(self, task: str) -> Block:
        """Learning curves."""
        found = learners(self.run.records(task))
        if not found:
            return self.block(task, [], note="Nothing here was trained step by step.")
        looks = {model: self.run.looks[model] for model in sorted(found)}
        return self.block(task, curve_panels(found, looks), looks, tables.curve_table(self.run, task))

    def costs(self, task: str) -> Block:
        """Cost against quality."""
        looks = self.run.looks_in(task)
        return self.block(task, cost_panels(self.run.ranked(task), looks), looks)

    def signals(self, task: str) -> Block:
        """Continuations of signals."""
        panels = [
            panel
            for model, found in self.run.records(task).items()
            for panel in signal_panels(model, found[0], self.run.looks[model])
        ]
        return self.block(task, panels, note="" if panels else "The records kept no signal.")

    def masks(self, task: str) -> Block:
        """What the loss counts."""
        record = self.run.trained_record(task)
        if not record["first_batch"]["lengths"]:
            return self.block(task, [], note="The record kept no rows.")
        return self.block(task, [mask.mask_panel(record)])

    def block(
        self, task: str, panels: list[Panel], looks: Mapping[str, Look] | None = None,
        table: tables.Table | None = None, note: str = "",
    ) -> Block:  # fmt: skip
        """Draw a task's panels."""
        pictures = [
            Picture(panel.title, panel.description, inlined(task, panel, f"c{next(self.numbers)}")) for panel in panels
        ]
        return Block(task, self.run.tasks.index(task), pictures, looks or {}, table, note)
