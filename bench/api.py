"""From Python: train pairs, read tables of runs, draw examples; frames of pandas, tensors of torch.

import bench                                        # installed: import lengthwise as bench
bench.run("copy", ["gru", "location_attention"])    # exact match by length
bench.load("full", "robust")                        # a table of a committed run, or of a folder
bench.draw("copy(1-20)", length=40, count=8)        # a Batch for a training loop of one's own
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from bench.commands import places
from bench.commands.arguments import names
from bench.execution.executor import Resources, find_executor
from bench.execution.job import make_jobs
from bench.execution.run_store import RunStore
from bench.spec.catalogue import Catalogue
from bench.spec.errors import WorkError, choose_from
from bench.spec.plugins import installed_plugins
from bench.spec.settings import parse_change
from bench.suites.plan import plan, selectable
from bench.suites.suites import find_suite

if TYPE_CHECKING:
    from tasks.base import Batch

TABLES = ("by_length", "leaderboard", "robust")
Names = str | Sequence[str]


def run(
    tasks: Names,
    models: Names,
    *,
    suite: str = "quick",
    seeds: int | Sequence[int] = 1,
    settings: Mapping[str, Any] | None = None,
    steps: int | None = None,
    plugins: Sequence[Path | str] = (),
    out: Path | str | None = None,
    jobs: int = 1,
    device: str = "auto",
) -> pd.DataFrame:
    """Train and score pairs of a suite -> a row for each task, model and length, the columns of by_length.csv.

    tasks, models: names as `run --tasks --models` takes them, rows and columns too; seeds: how many, or which
    settings: what `--set` takes, such as {"model.hidden": 64}; plugins: files with tasks or models
    out: a run's folder, whose current records are read and not trained again; by default one that nobody keeps
    Wrong names and values raise RequestError, a ValueError; a training that fails WorkError, a RuntimeError.
    """
    from bench.checks.prepare import check_specs, choose_device

    catalogue, chosen = Catalogue((*map(Path, plugins), *installed_plugins())), find_suite(suite)
    rows, columns = selectable(chosen, catalogue)
    asked = names(listed(tasks), "tasks", rows), names(listed(models), "models", columns)
    changes = [parse_change(f"{name}={value}") for name, value in (settings or {}).items()]
    specs, _ = check_specs(plan(chosen, catalogue, *asked, changes, steps), catalogue.plugins, explicit=True)
    store = RunStore(Path(out or tempfile.mkdtemp(prefix="lengthwise-")))
    wanted = make_jobs(specs, range(seeds) if isinstance(seeds, int) else seeds, catalogue)
    executor = find_executor("processes" if jobs > 1 else "serial")(Resources(choose_device(device), jobs))
    failures = executor.run(store.survey(wanted).pending, store, lambda event: None)
    if failures:
        raise WorkError(failures[0])
    return load(store.out)


def load(run: Path | str = "quick", table: str = "by_length") -> pd.DataFrame:
    """Return a table of a run: of a committed one by its suite's name, of another by its folder.

    table: "by_length", "leaderboard" or "robust", with the columns of the file of that name (docs/metrics.md)
    """
    from bench.views.charts.material import read_run

    if table not in TABLES:
        raise choose_from("table", table, TABLES)
    committed = places.BASELINE / run
    found = read_run(committed if (committed / "records").is_dir() else Path(run))
    return {"by_length": found.lengths, "leaderboard": found.board, "robust": found.robust}[table].copy()


def draw(row: str, length: int, count: int = 1, *, seed: int = 0, plugins: Sequence[Path | str] = ()) -> Batch:
    """Draw examples of a row of a suite, or of a task, at one length -> Batch: see tasks/base.py.

    The stream is the seed's own, which no training and no evaluation reads.
    """
    import torch

    from bench.exchange.rows import row_of
    from bench.trial.streams import stream

    _, _, task = row_of(Catalogue((*map(Path, plugins), *installed_plugins())), row)
    return task.sample(torch.full((count,), length), length, stream("cpu", seed, "drawn by hand"))


def listed(given: Names) -> str:
    """Return names as the command line takes them."""
    return given if isinstance(given, str) else ",".join(given)
