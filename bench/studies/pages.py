"""What the studies' pages share: a template beside the code, where the numbers come from, how files are written."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from textwrap import fill

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bench.records.store import Record, write_atomically
from bench.spec.settings import written

WIDTH = 120


def rendered(template: Path, **values: object) -> str:
    """Return a page of Markdown; `wrapped` is a filter that breaks a paragraph into lines."""
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=False,  # Markdown, not HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["wrapped"] = wrapped
    return environment.get_template(template.name).render(**values)


def wrapped(text: str, indent: str = "") -> str:
    """Return a paragraph in lines; indent: before every line but the first."""
    return fill(" ".join(text.split()), WIDTH, subsequent_indent=indent, break_on_hyphens=False)


def origin(records: Iterable[Record]) -> str:
    """Say which seeds and which code made a run's records."""
    every = list(records)
    commits = sorted({str(record["commit"])[:7] for record in every if record["commit"]})
    made = f"commit {', '.join(commits)}" if commits else "no known commit"
    open_ = ", in part uncommitted code" if any(record["dirty"] or not record["commit"] for record in every) else ""
    return f"seeds {written(sorted({record['seed'] for record in every}))}, {made}{open_}"


def write_pages(own: Path, other: Path | None, figures: Path, page: Callable[[str], str]) -> None:
    """Write a page into its run and, where one is asked for, to another file.

    page: makes it for the path of the pictures' folder as seen from the file
    """
    for file in filter(None, (own, other)):
        folder = Path(os.path.relpath(figures.resolve(), file.resolve().parent)).as_posix()
        write_atomically(file, page(folder))
