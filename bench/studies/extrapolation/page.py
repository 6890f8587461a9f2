"""The page as Markdown: the best of every task, each task, training lengths, memories, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill

from bench.spec.catalogue import Catalogue, text_of_class
from bench.spec.settings import written
from bench.studies.extrapolation.families import Family, families, own_rows
from bench.studies.extrapolation.figures import (
    Picture,
    memory_picture,
    shown_families,
    task_picture,
    training_picture,
)
from bench.studies.extrapolation.memory import Memory, memories
from bench.studies.extrapolation.tables import best_table, errors_table, horizon_caption, horizon_table
from bench.studies.extrapolation.training import Variations, training_table, variations
from bench.studies.extrapolation.words import COLUMNS_OF_ERRORS, INTRODUCTION, MEMORY, READING, TITLE, TRAINING, why
from bench.views.charts.figures import file_names
from bench.views.charts.material import Run
from bench.views.html.origin import counted, device

WIDTH = 120
LENGTHS = ("train_lengths", "eval_lengths")  # settings that are told in other words


@dataclass(frozen=True)
class Content:
    """All that the page shows, and what it lacks, in words."""

    run: Run
    tasks: dict[str, list[Family]]
    names: dict[str, str]  # of tasks, as anchors and in names of files
    variations: Variations
    memories: list[Memory]
    pictures: dict[str, Picture]  # by what they show: a task, "training", a task and a family
    missing: list[str]


def content(run: Run) -> Content:
    """Gather what the page shows of a run."""
    tasks = {task: families(run, task) for task in own_rows(run)}
    names = file_names(list(tasks))
    drawn = {task: task_picture(run, task, found, names[task]) for task, found in tasks.items()}
    pictures = {task: picture for task, picture in drawn.items() if picture.panels}
    varied, kept = variations(run), memories(tasks)
    if varied:
        pictures["training"] = training_picture(run, varied)
    titles = [f"{memory.model} {memory.task}" for memory in kept]
    for memory, title, name in zip(kept, titles, file_names(titles).values(), strict=True):
        pictures[f"memory of {title}"] = memory_picture(memory, name)
    missing = lacking(run, tasks, varied, kept)
    missing += [f"{task}: no number to draw" for task in tasks if task not in pictures]
    return Content(run, tasks, names, varied, kept, pictures, missing)


def lacking(run: Run, tasks: Mapping[str, Sequence[Family]], varied: Variations, kept: Sequence[Memory]) -> list[str]:
    """Say what the page cannot show of a run."""
    found = list(run.problems)
    if run.texts:
        found.append(f"{', '.join(run.texts)}: judged by single symbols, no exact match: left out")
    for task, every in tasks.items():
        without = [family.model for family in every if family.adversaries is None]
        if without and every[0].records[0]["kind"] == "symbols":
            whose = "" if len(without) == len(every) else f" of {', '.join(without)}"
            found.append(f"{task}: no adversarial sets{whose}")
        if not why(task):
            found.append(f"{task}: nothing is said on why families hold or fail")
    if not tasks:
        found.append("no row with its usual training lengths")
    if not varied:
        found.append("no row with other training lengths beside it")
    if not kept:
        found.append("no traces of an attention, a stack or a tape")
    return found


def extrapolation_page(shown: Content, folder: str) -> str:
    """Return the page; folder: where its pictures are, seen from the page."""
    parts = [TITLE, INTRODUCTION, origin(shown.run)]
    if shown.tasks:
        parts += ["The best family of every task:", best_table(shown.tasks, shown.names)]
    parts.append(READING)
    for task in shown.tasks:
        parts += task_section(shown, task, folder)
    if shown.variations:
        parts += training_section(shown, folder)
    if shown.memories:
        parts += memory_section(shown, folder)
    if shown.missing:
        parts.append("## What is not here")
        parts.append("\n".join(fill(f"- {line}", WIDTH, subsequent_indent="  ") for line in shown.missing))
    return "\n\n".join(parts) + "\n"


def origin(run: Run) -> str:
    """Say which runs these are."""
    records = [record for found in run.groups.values() for record in found]
    commits = sorted({str(record["commit"])[:7] for record in records if record["commit"]})
    made = f"commit {', '.join(commits)}" if commits else "no known commit"
    open_ = ", in part uncommitted code" if any(record["dirty"] or not record["commit"] for record in records) else ""
    seeds = written(sorted({record["seed"] for record in records}))
    devices = "; ".join(counted(device(record) for record in records))
    said = f"Here: suite `{run.suite}`, seeds {seeds}, {made}{open_}; trained on {devices}. "
    said += "`python -m bench extrapolation` writes this page from the records; settings and budgets are in them, and "
    return fill(f"{said}in bench/suites/extrapolate.py.", WIDTH, break_on_hyphens=False)


def task_section(shown: Content, task: str, folder: str) -> list[str]:
    """Return the parts of a task's section."""
    found = shown.tasks[task]
    parts = [f'<a id="{shown.names[task]}"></a>\n\n## {task}', fill(posed(found), WIDTH, break_on_hyphens=False)]
    parts += [picture_line(shown.pictures[task], folder)] if task in shown.pictures else []
    parts += [horizon_caption(found), horizon_table(found)]
    if why(task):
        parts.append(fill(why(task), WIDTH, break_on_hyphens=False))
    out = [family.model for family in found if family not in shown_families(found)]
    if out:
        parts.append(fill(f"Left out of the picture: {', '.join(f'`{model}`' for model in out)}.", WIDTH))
    stops = found[0].records[0]["kind"] == "symbols"
    return [*parts, COLUMNS_OF_ERRORS if stops else "What they cost:", errors_table(found)]


def posed(found: Sequence[Family]) -> str:
    """Say what machine a task needs, what trained its families and what judges them."""
    first = found[0].records[0]
    entry = Catalogue().entries["task"].get(first["spec"]["task"])
    machine = text_of_class(entry, "automaton") if entry else ""
    settings = {name: value for name, value in first["spec"]["task_settings"].items() if name not in LENGTHS}
    said = f"Least machine: {machine}. " if machine else ""
    said += f"Settings: {', '.join(f'{k} = {written(v)}' for k, v in sorted(settings.items()))}. " if settings else ""
    said += f"Trained at lengths {written(first['inside_lengths'])}; "
    said += f"judged by up to {examples(found)} examples a length and seed"
    with_sets = next((family for family in found if family.adversaries), None)
    if with_sets is None or with_sets.adversaries is None:
        return f"{said}."
    kinds = sorted({kind for each in with_sets.adversaries.kinds for kind in each})
    return f"{said}, and by adversarial sets: {', '.join(kinds)}."


def examples(found: Sequence[Family]) -> str:
    """Say how many examples judge a family at a length, the fewest and the most where families differ."""
    every = {max(row["examples"] for row in family.lengths.values()) for family in found}
    return f"{max(every):,}" if len(every) == 1 else f"{min(every):,} or {max(every):,}"


def picture_line(picture: Picture, folder: str) -> str:
    """Return the line that shows a picture."""
    return f"![{picture.seen}]({folder}/{picture.name}.png)"


def training_section(shown: Content, folder: str) -> list[str]:
    """Return the parts of the section on training lengths."""
    parts = ['<a id="training-lengths"></a>\n\n## Horizon against training length', TRAINING]
    parts.append(picture_line(shown.pictures["training"], folder))
    for base, found in shown.variations.items():
        parts += [f"{base}, L99 by the longest training length:", training_table(found)]
    return parts


def memory_section(shown: Content, folder: str) -> list[str]:
    """Return the parts of the section on memories."""
    parts = ['<a id="memory"></a>\n\n## What the memory does', MEMORY]
    for memory in shown.memories:
        picture = shown.pictures[f"memory of {memory.model} {memory.task}"]
        parts += [f"`{memory.model}` on {memory.task}:", picture_line(picture, folder)]
    return parts
