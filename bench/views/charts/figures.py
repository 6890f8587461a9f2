"""The main charts as files, SVG and PNG, with a caption each."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.records.store import write_atomically
from bench.spec.errors import WorkError
from bench.views.charts.contexts import context_panel
from bench.views.charts.cost import GAINS, cost_panels
from bench.views.charts.curves import curve_panels, learners
from bench.views.charts.errors import place_panel, stop_panel
from bench.views.charts.heat import MEASURES, heat_panel
from bench.views.charts.lengths import length_panel
from bench.views.charts.material import Run
from bench.views.charts.panel import Panel, png_of, svg_of, together
from bench.views.charts.signals import signal_panels
from bench.views.charts.style import Look, label, styled

READING = {
    "length": "Exact match against length, mean over seeds with 95 % intervals; training lengths shaded.",
    "stops": "Share of strings right (bright), right but for where they stop (hatched), wrong in content (dark).",
    "places": "Errors at each place of the target, a row a length; bright is right. The dashed line ends training.",
    "curves": "Held-out exact match and training loss against the step, a line a seed.",
    "cost": "Accuracy against training time and against parameters.",
    "signal": "Free-running continuation over the truth (broad and pale).",
    "heat": "Every task with every family; bright is right.",
}
TEXT_READING = {
    "length": "Nats of a symbol against context, mean over seeds with 95 % intervals; training windows shaded, at the "
    "right the whole text, read with the state carried; dotted: what compressors reach behind the training text.",
    "curves": "Training loss against the step, a line a seed.",
    "cost": "Nats of a symbol against training time and against parameters: the fewer the better.",
}

HEADINGS = {
    "length": "exact match by length",
    "stops": "right (bright), stop errors (hatched), content errors (dark)",
    "places": "errors by place (dark is wrong)",
    "curves": "learning curves",
    "cost": "cost against quality",
    "signal": "free-running signals",
}
TEXT_HEADINGS = {"length": "nats of a symbol by context"}


@dataclass(frozen=True)
class Drawing:
    """A figure to be: its file's name without ending, its heading, its caption, its panels and how they stand."""

    name: str
    heading: str
    caption: str
    panels: list[Panel]
    columns: int
    looks: Mapping[str, Look] | None = None


@styled()
def write_run_figures(out: Path, run: Run) -> list[Path]:
    """Write a run's figures into a folder, and captions.md with what each shows; return the files."""
    written = []
    lines = ["# Figures\n"]
    for drawing in drawings(run):
        figure = together(drawing.heading, drawing.panels, drawing.columns, drawing.looks)
        for ending, made in (("svg", svg_of(figure)), ("png", png_of(figure))):
            path = out / f"{drawing.name}.{ending}"
            write_atomically(path, made)
            written.append(path)
        lines.append(caption(drawing))
    write_atomically(out / "captions.md", "\n".join(lines))
    return [*written, out / "captions.md"]


def drawings(run: Run) -> Iterator[Drawing]:
    """Return the figures of a run: three heat maps of the tasks with exact match, then those of each task."""
    names = file_names(run.tasks)
    for measure, said in MEASURES.items() if run.strings else ():
        heading = "Horizon L90 by the longest training length" if measure == "reach" else f"Exact match {said}, %"
        yield Drawing(f"heat-{measure}", heading, f"{READING['heat']} Here: {said}.", [heat_panel(run, measure)], 1)
    for task in run.tasks:
        yield from (text_drawings if run.is_text(task) else task_drawings)(run, task, names[task])


def task_drawings(run: Run, task: str, name: str) -> Iterator[Drawing]:
    """Return one task's figures; one that the task has nothing for is left out."""
    records, looks = run.records(task), run.looks_in(task)

    def drawing(kind: str, panels: list[Panel], columns: int, shown: Mapping[str, Look] | None = None) -> Drawing:
        heading = f"{label(task)}: {HEADINGS[kind]}"
        return Drawing(f"{kind}-{name}", heading, f"{task}. {READING[kind]}", panels, columns, shown)

    yield drawing("length", [length_panel(run.rows(task), run.any_record(task), looks)], 1, looks)
    if run.has_stops(task):
        panels = [stop_panel(model, run.rows(task, model), found[0]) for model, found in records.items()]
        yield drawing("stops", panels, 4)
    yield drawing("places", [place_panel(model, found) for model, found in records.items()], 4)
    learned = learners(records)
    if learned:
        yield drawing("curves", curve_panels(learned, looks), 2, {name: looks[name] for name in sorted(learned)})
    yield drawing("cost", cost_panels(run.ranked(task), looks), len(GAINS), looks)
    signals = [panel for model, found in records.items() for panel in signal_panels(model, found[0], looks[model])]
    if signals:
        yield drawing("signal", signals, 2 * len(signals) // len(records))


def text_drawings(run: Run, task: str, name: str) -> Iterator[Drawing]:
    """Return the figures of a text that is judged by its symbols."""
    records, looks = run.records(task), run.looks_in(task)

    def drawing(kind: str, panels: list[Panel], shown: Mapping[str, Look]) -> Drawing:
        heading = f"{label(task)}: {TEXT_HEADINGS.get(kind, HEADINGS[kind])}"
        return Drawing(f"{kind}-{name}", heading, f"{task}. {TEXT_READING[kind]}", panels, 2, shown)

    yield drawing("length", [context_panel(run.rows(task), records, looks)], looks)
    learned = learners(records)
    panels = curve_panels(learned, looks)
    if panels:
        yield drawing("curves", panels, {name: looks[name] for name in sorted(learned)})
    panels = cost_panels(run.ranked(task), looks)
    if panels:
        yield drawing("cost", panels, looks)


@styled()
def picture_of(run: Run, name: str) -> tuple[bytes, str]:
    """Return one figure as PNG, and what is to be seen in it, in words; WorkError where a run has no such figure."""
    for drawing in drawings(run):
        if drawing.name == name:
            return png_of(together(drawing.heading, drawing.panels, drawing.columns, drawing.looks)), seen_in(drawing)
    raise WorkError(f"no figure {name!r}; choose from: {', '.join(drawing.name for drawing in drawings(run))}")


def caption(drawing: Drawing) -> str:
    """Return a figure's entry: its picture with what is to be seen in it, then how to read it."""
    return f"## {drawing.name}\n\n![{seen_in(drawing)}]({drawing.name}.png)\n\n{plain(drawing.caption)}\n"


def seen_in(drawing: Drawing) -> str:
    """Say what is to be seen in a figure, for those who do not see it."""
    return plain(" ".join(" ".join(f"{panel.title}: {panel.description}".split()) for panel in drawing.panels))


def plain(text: str) -> str:
    """Return text in which no character means anything to Markdown."""
    return re.sub(r"([\\\[\]<>`*_|])", r"\\\1", text)


def file_names(tasks: list[str]) -> dict[str, str]:
    """Return for each task what its files are called by; names that would be alike get a hash behind."""
    plain = {task: re.sub(r"[^a-z0-9_]+", "-", task.lower()).strip("-")[:60] or "task" for task in tasks}
    shared = Counter(plain.values())

    def digest(task: str) -> str:
        return hashlib.blake2b(task.encode(), digest_size=4).hexdigest()

    return {task: name if shared[name] == 1 else f"{name}-{digest(task)}" for task, name in plain.items()}
