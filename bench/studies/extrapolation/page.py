"""The page as Markdown: the best of every task, each task, training lengths, memories, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.spec.catalogue import Catalogue
from bench.spec.settings import written
from bench.studies.extrapolation.charts import shown_families, task_drawing
from bench.studies.extrapolation.explanations import why
from bench.studies.extrapolation.families import Family, families, other_settings, own_rows
from bench.studies.extrapolation.memory import Memory, memories
from bench.studies.extrapolation.tables import best_table, errors_table, horizon_table
from bench.studies.extrapolation.variations import Variations, training_drawing, training_table, variations
from bench.studies.pages import origin, rendered
from bench.views.charts.figures import file_names
from bench.views.charts.material import Run
from bench.views.charts.panel import Drawing
from bench.views.html.page import counted, device

TEMPLATE = Path(__file__).with_name("page.md")


@dataclass(frozen=True)
class Content:
    """All that the page shows, and what it lacks, in words."""

    run: Run
    tasks: dict[str, list[Family]]
    names: dict[str, str]  # of tasks, as anchors and in names of files
    drawings: dict[str, Drawing]  # by task
    variations: Variations
    training: Drawing | None
    memories: list[tuple[Memory, Drawing]]
    missing: list[str]

    @property
    def pictures(self) -> list[Drawing]:
        """Every picture of the page."""
        training = [self.training] if self.training else []
        return [*self.drawings.values(), *training, *(drawing for _, drawing in self.memories)]


def content(run: Run) -> Content:
    """Gather what the page shows of a run."""
    tasks = {task: families(run, task) for task in own_rows(run)}
    names = file_names(list(tasks))
    drawn = {task: task_drawing(run, task, found, names[task]) for task, found in tasks.items()}
    drawings = {task: drawing for task, drawing in drawn.items() if drawing}
    varied, kept = variations(run), memories(tasks)
    files = file_names([f"{memory.model} {memory.task}" for memory in kept]).values()
    remembered = [(memory, memory.drawing(name)) for memory, name in zip(kept, files, strict=True)]
    missing = lacking(run, tasks, varied, kept)
    missing += [f"{task}: no number to draw" for task in tasks if task not in drawings]
    training = training_drawing(run, varied) if varied else None
    return Content(run, tasks, names, drawings, varied, training, remembered, missing)


def lacking(run: Run, tasks: Mapping[str, Sequence[Family]], varied: Variations, kept: Sequence[Memory]) -> list[str]:
    """Say what the page cannot show of a run."""
    found = list(run.problems)
    if run.texts:
        found.append(f"{', '.join(run.texts)}: evaluated per token, no exact match: left out")
    for task, every in tasks.items():
        without = [family.model for family in every if family.adversaries is None]
        if without and "stopped_wrong" in every[0].metrics:
            whose = "" if len(without) == len(every) else f" of {', '.join(without)}"
            found.append(f"{task}: no adversarial sets{whose}")
        if not why(every[0].first):
            found.append(f"{task}: nothing is said on why families hold or fail")
    if not varied:
        found.append("no task with other training lengths beside it")
    if not kept:
        found.append("no traces of an attention, a stack or a tape")
    return found


def extrapolation_page(shown: Content, folder: str) -> str:
    """Return the page; folder: where its pictures are, seen from the page."""
    records = [record for found in shown.run.groups.values() for record in found]
    return rendered(
        TEMPLATE,
        suite=shown.run.suite,
        origin=origin(records),
        devices="; ".join(counted(device(record) for record in records)),
        best=best_table(shown.tasks, shown.names),
        tasks=[section(shown, task) for task in shown.tasks],
        variations=[(name, training_table(found)) for name, found in shown.variations.items()],
        training=shown.training,
        memories=shown.memories,
        missing=shown.missing,
        folder=folder,
    )


def section(shown: Content, task: str) -> dict[str, Any]:
    """Return what the section of a task shows."""
    found = shown.tasks[task]
    first = found[0].first
    entry = Catalogue().entries["task"].get(first["spec"]["task"])
    settings = sorted(other_settings(first["spec"]).items())
    examples = sorted({max(row["examples"] for row in family.lengths.values()) for family in found})
    with_sets = next((family.adversaries for family in found if family.adversaries), None)
    return {
        "name": task,
        "anchor": shown.names[task],
        "automaton": entry.text("automaton") if entry else "",
        "settings": ", ".join(f"{name} = {written(value)}" for name, value in settings),
        "trained": written(first["inside_lengths"]),
        "examples": " or ".join(f"{count:,}" for count in dict.fromkeys((examples[0], examples[-1]))),
        "sets": ", ".join(sorted({kind for each in with_sets.kinds for kind in each})) if with_sets else "",
        "picture": shown.drawings.get(task),
        "horizons": horizon_table(found),
        "why": why(first),
        "left_out": [family.model for family in found if family not in shown_families(found)],
        "metrics": found[0].metrics,
        "errors": errors_table(found),
    }
