"""The block of horizons that pages such as README.md show."""

from __future__ import annotations

from pathlib import Path

from bench.studies.extrapolation.families import families, own_rows
from bench.studies.extrapolation.tables import best_table
from bench.views.charts.figures import file_names
from bench.views.charts.material import read_run
from bench.views.readme import Asked


def horizons(asked: Asked) -> str:
    """Return the best family of every task of a run, with links to the tasks' sections on the page that is named."""
    run = read_run(asked.root / asked.folder, Path(asked.folder).name)
    found = {task: families(run, task) for task in own_rows(run)}
    return best_table(found, file_names(list(found)), asked.link(asked.what)) + "\n"
