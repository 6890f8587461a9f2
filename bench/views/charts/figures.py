"""The main charts as files, SVG and PNG, with a caption each."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from bench.records.store import write_atomically
from bench.spec.errors import WorkError
from bench.views.charts.drawing import Drawing, escaped, write_drawings
from bench.views.charts.heat import EXPLAINED, MEASURES, heat_panel
from bench.views.charts.material import Run
from bench.views.charts.sections import SECTIONS, PageSection
from bench.views.charts.style import label


def write_run_figures(out: Path, run: Run) -> list[Path]:
    """Write a run's figures into a folder, and captions.md with what each shows; return the files."""
    found = list(drawings(run))
    written = write_drawings(out, found)
    write_atomically(out / "captions.md", "\n".join(["# Figures\n", *map(caption, found)]))
    return [*written, out / "captions.md"]


def drawings(run: Run) -> Iterator[Drawing]:
    """Return the figures of a run: the heat maps of the tasks with exact match, then those of each task."""
    names = file_names(run.tasks)
    for measure, said in MEASURES.items() if run.strings else ():
        heading = "Horizon L90 by the longest training length" if measure == "reach" else f"Exact match {said}, %"
        caption = f"Every task with every family; bright is right. {EXPLAINED[measure]}"
        yield Drawing(f"heat-{measure}", heading, [heat_panel(run, measure)], 1, caption=caption)
    for task in run.tasks:
        for section in SECTIONS:
            if section.file and task in section.tasks(run) and (drawn := drawing(section, run, task, names[task])):
                yield drawn


def drawing(section: PageSection, run: Run, task: str, name: str) -> Drawing | None:
    """Return one figure of a task; none where the task has nothing to show."""
    panels, styles = section.drawn.panels(run, task), section.drawn.styles(run, task)
    metric = section.metric(run, task)
    heading, said = f"{label(task)}: {section.titles[metric]}", f"{task}. {section.captions[metric]}"
    if not panels:
        return None
    return Drawing(f"{section.file}-{name}", heading, panels, section.columns, styles or None, said)


def picture_of(run: Run, name: str) -> tuple[bytes, str]:
    """Return one figure as PNG, and what is to be seen in it, in words; WorkError where a run has no such figure."""
    found = {drawing.name: drawing for drawing in drawings(run)}
    if name not in found:
        raise WorkError(f"no figure {name!r}; choose from: {', '.join(found)}")
    return found[name].files("png")[0], found[name].alt_text


def caption(drawing: Drawing) -> str:
    """Return a figure's entry: its picture with what is to be seen in it, then how to read it."""
    return f"## {drawing.name}\n\n![{drawing.alt_text}]({drawing.name}.png)\n\n{escaped(drawing.caption)}\n"


def file_names(tasks: list[str]) -> dict[str, str]:
    """Return for each task what its files are called by; names that would be alike get a hash behind."""
    plain = {task: re.sub(r"[^a-z0-9_]+", "-", task.lower()).strip("-")[:60] or "task" for task in tasks}
    shared = Counter(plain.values())

    def digest(task: str) -> str:
        return hashlib.blake2b(task.encode(), digest_size=4).hexdigest()

    return {task: name if shared[name] == 1 else f"{name}-{digest(task)}" for task, name in plain.items()}
