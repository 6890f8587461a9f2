"""`best`: the family to use on a row, and what it beats."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bench.commands import places
from bench.spec.errors import WorkError, choose_from
from bench.spec.home import no_records

if TYPE_CHECKING:
    from bench.views.charts.material import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("row", metavar="ROW", help="a row of a run's tables, such as 'copy(1-20)'")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="the run's folder; default: of results/baseline, by most families"
    )
    parser.add_argument("--markdown", action="store_true", help="for pasting into a pull request")


def run(options: argparse.Namespace) -> int:
    """Print the families of a row, the best first, and one line that names the winner."""
    from bench.commands.console import Terminal
    from bench.views.best import COLUMNS, as_markdown, lines, verdict
    from bench.views.terminal import Fitted

    folder, found = chosen(options.row, [options.out] if options.out else baselines())
    rows = found.robust[found.robust["task"] == options.row]
    if options.markdown:
        print(as_markdown(rows))
        print(verdict(options.row, rows))
        return 0
    terminal = Terminal()
    title = f"{options.row}: seeds solved, by multiple of the longest training length, {rows['edge'].iloc[0]}"
    terminal.print(Fitted(COLUMNS, lines(rows), title))
    terminal.say(verdict(options.row, rows))
    terminal.say(f"from: {places.shown(folder)}")
    return 0


def baselines() -> list[Path]:
    """Return the folders of the committed reference runs."""
    return sorted(path.parent for path in places.BASELINE.glob("*/records"))


def chosen(row: str, folders: list[Path]) -> tuple[Path, Run]:
    """Return the run with most families on a row, then with most seeds, and its folder; an unknown row is an error."""
    runs = {folder: read(folder) for folder in folders}
    sizes = {}
    for folder, found in runs.items():
        trained = [len(records) for (task, _), records in found.groups.items() if task == row]
        if row in set(found.robust["task"]):
            sizes[folder] = (len(trained), sum(trained))
    if not sizes:
        raise choose_from("row", row, sorted({task for found in runs.values() for task in found.robust["task"]}))
    best = max(sizes, key=lambda folder: sizes[folder])
    return best, runs[best]


def read(folder: Path) -> Run:
    """Read a run, its rows under the names that their contents are configured by."""
    from bench.records.store import read_records
    from bench.views.charts.material import configured_records, run_of

    records, problems = read_records(folder / "records")
    if not records:
        raise WorkError(no_records(folder))
    kept, others = configured_records(records)
    return run_of(places.suite_of(folder), kept, problems + others)
