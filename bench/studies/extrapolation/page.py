"""Writes the page of a run: the best of every task, each task, training lengths, memories, and what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from bench.records.schema import TracePart
from bench.records.store import Record, read_records
from bench.spec.catalogue import Catalogue
from bench.spec.errors import WorkError
from bench.spec.home import no_records
from bench.spec.settings import written
from bench.studies.extrapolation.charts import shown_families, task_drawing
from bench.studies.extrapolation.families import Family, families, other_settings, own_rows
from bench.studies.extrapolation.tables import best_table, errors_table, horizon_table
from bench.studies.extrapolation.variations import Variations, training_drawing, training_table, variations
from bench.studies.pages import origin, rendered, write_pages
from bench.suites.suites import find_suite
from bench.views.charts.figures import file_names
from bench.views.charts.material import Run, configured_records, run_of
from bench.views.charts.panel import Drawing, write_drawings
from bench.views.charts.signals import memory_panels
from bench.views.html.page import counted, device
from bench.views.readme import Asked

TEMPLATE = Path(__file__).with_name("page.md")
EXPLANATIONS = TEMPLATE.with_name("explanations.md")


@cache
def explanations() -> dict[str, str]:
    """Return what the page says of tasks in words: each paragraph by the names in its heading, without line breaks."""
    _, *parts = re.split(r"^## (.+)$", EXPLANATIONS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    said = zip(parts[::2], parts[1::2], strict=True)
    return {name: " ".join(text.split()) for names, text in said for name in names.split(" and ")}


def why(record: Record) -> str:
    """Return why families hold or fail on a record's row, else on its task; "" where nothing is said."""
    known = explanations()
    return known.get(record["task"]) or known.get(record["spec"]["task"], "")


def with_memory(found: Iterable[Family]) -> list[Family]:
    """Return of each family with traces those on the tasks where its horizon is farthest and nearest."""
    by_model: dict[str, list[Family]] = {}
    for family in found:
        if first_traces(family):
            by_model.setdefault(family.model, []).append(family)
    chosen = []
    for _, kept in sorted(by_model.items()):
        kept.sort(key=lambda family: (-family.row["l99_ratio"], family.row["task"]))
        chosen += kept[:1] if kept[0].row["l99_ratio"] == kept[-1].row["l99_ratio"] else [kept[0], kept[-1]]
    return chosen


def first_traces(family: Family) -> list[TracePart]:
    """Return the shortest and the longest trace of the first seed that has any with a number in it."""
    for record in family.records:
        known = [trace for trace in record.get("traces", []) if any(map(len, trace["series"].values()))]
        if known:
            ordered = sorted(known, key=lambda trace: trace["length"])
            return ordered[:1] if len(ordered) == 1 else [ordered[0], ordered[-1]]
    return []


@dataclass(frozen=True)
class Content:
    """All that the page shows, and what it lacks, in words."""

    run: Run
    tasks: dict[str, list[Family]]
    names: dict[str, str]  # of tasks, as anchors and in names of files
    drawings: dict[str, Drawing]  # by task
    variations: Variations
    training: Drawing | None
    memories: list[tuple[Family, Drawing]]
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
    varied, kept, memories = variations(run), with_memory(chain(*tasks.values())), []
    files = file_names([f"{family.model} {family.row['task']}" for family in kept]).values()
    for family, name in zip(kept, files, strict=True):
        panels = memory_panels(first_traces(family))
        memories.append((family, Drawing(f"memory-{name}", f"{family.model} on {family.row['task']}", panels)))
    missing = lacking(run, tasks, varied, kept)
    missing += [f"{task}: no number to draw" for task in tasks if task not in drawings]
    training = training_drawing(run, varied) if varied else None
    return Content(run, tasks, names, drawings, varied, training, memories, missing)


def lacking(run: Run, tasks: Mapping[str, Sequence[Family]], varied: Variations, kept: Sequence[Family]) -> list[str]:
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


def read(out: Path, suite: str = "") -> Run:
    """Read a run, or of it the rows of a suite, each task under the name that its content is configured by.

    Old records have other names.
    """
    records, problems = read_records(out / "records")
    if not records:
        raise WorkError(no_records(out, "run --suite extrapolate"))
    kept, others = configured_records(records)
    if suite:
        rows = {spec.row for spec in find_suite(suite).specs}
        kept = [record for record in kept if record["task"] in rows]
    return run_of(out.resolve().name, kept, problems + others)


def write_extrapolation(out: Path, page: Path | None, suite: str = "") -> Content:
    """Write extrapolation.md and figures/extrapolation/ into a run's folder, from its records alone.

    page: a file that gets the same page, its pictures still those of the run; suite: the one whose rows are shown
    """
    shown = content(read(out, suite))
    figures = out / "figures" / "extrapolation"
    write_drawings(figures, shown.pictures, endings=["png"], only="*.png")
    write_pages(out / "extrapolation.md", page, figures, lambda folder: extrapolation_page(shown, folder))
    return shown


def horizons(asked: Asked) -> str:
    """Return the best family of each row of a run, with links to the rows' sections on a page.

    Named are the page and maybe a suite, whose rows are shown; of a limited number of rows those that most seeds solve
    at the longest length. A column is asked for by its heading, blanks as underscores.
    """
    page, _, suite = asked.what.partition(" ")
    run = read(asked.root / asked.folder, suite)
    anchors = file_names(own_rows(run))
    found = {task: families(run, task) for task in anchors}
    if asked.rows is not None:
        most = sorted(found, key=lambda task: found[task][0].solved_at(found[task][0].row["longest"]), reverse=True)
        found = {task: found[task] for task in most[: asked.rows]}
    headings = None if asked.names is None else [name.replace("_", " ") for name in asked.names]
    return best_table(found, anchors, asked.link(page), headings)
