"""Writes the page of a run that extrapolates, and its pictures."""

from __future__ import annotations

from pathlib import Path

from bench.records.store import Record, read_records
from bench.spec.errors import WorkError
from bench.studies.extrapolation.families import families, own_rows
from bench.studies.extrapolation.page import Content, content, extrapolation_page
from bench.studies.extrapolation.tables import best_table
from bench.studies.pages import write_pages
from bench.suites.configured import name_of
from bench.views.charts.figures import file_names
from bench.views.charts.material import Run, run_of
from bench.views.charts.panel import write_drawings
from bench.views.readme import Asked


def read(out: Path) -> Run:
    """Read a run, each task under the name that its content is configured by: old records have other names."""
    records, problems = read_records(out / "records")
    if not records:
        raise WorkError(f"no records in {str(out / 'records')!r}: run `python -m bench run --suite extrapolate` first")
    kept: dict[tuple[str, str, int], Record] = {}
    for record in records:
        task = name_of(record["spec"]["task"], record["spec"]["task_settings"], record["task"])
        place = (task, record["model"], record["seed"])
        if place in kept:
            problems.append(
                f"{task} {record['model']} seed {record['seed']}: two records, under two names: one left out"
            )
        kept.setdefault(place, {**record, "task": task})
    return run_of(out.resolve().name, list(kept.values()), problems)


def write_extrapolation(out: Path, page: Path | None) -> Content:
    """Write extrapolation.md and figures/extrapolation/ into a run's folder, from its records alone.

    page: a file that gets the same page, its pictures still those of the run
    """
    shown = content(read(out))
    figures = out / "figures" / "extrapolation"
    write_drawings(figures, shown.pictures, endings=["png"], only="*.png")
    files = [out / "extrapolation.md", *([page] if page else [])]
    write_pages(files, figures, lambda folder: extrapolation_page(shown, folder))
    return shown


def horizons(asked: Asked) -> str:
    """Return the best family of every task of a run, with links to the tasks' sections on the page that is named.

    A column is asked for by its heading, blanks as underscores.
    """
    run = read(asked.root / asked.folder)
    anchors = file_names(own_rows(run))
    found = {task: families(run, task) for task in list(anchors)[: asked.rows]}
    headings = None if asked.names is None else [name.replace("_", " ") for name in asked.names]
    return best_table(found, anchors, asked.link(asked.what), headings)
