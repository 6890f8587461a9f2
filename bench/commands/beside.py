"""`beside`: the families that a run adds, among those of the committed reference run."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bench.commands import places
from bench.spec.errors import RequestError
from bench.spec.home import no_records

if TYPE_CHECKING:
    from bench.analysis.beside import Beside
    from bench.analysis.frame import Groups
    from bench.commands.console import Terminal

NONE = "none"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a folder such as results/runs/quick")
    add_against(parser)
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--markdown", action="store_true", help="for pasting into a pull request")
    forms.add_argument("--latex", action="store_true", help="for a paper: tabular, with booktabs")


def add_against(parser: argparse.ArgumentParser) -> None:
    """Declare --against."""
    said = "the run that new families are shown beside, or none; default: results/baseline/SUITE"
    parser.add_argument("--against", metavar="DIR", help=said)


def run(options: argparse.Namespace) -> int:
    """Print where the run's own families stand, what they beat and what they cost."""
    from bench.commands.console import Terminal
    from bench.views.beside import as_latex, as_markdown

    folder = reference(options.against, places.suite_of(options.run))
    if folder is None:
        raise RequestError(f"nothing to show {places.shown(options.run)} beside: --against names a run's folder")
    found = gathered(options.run, folder)
    if not found.own:
        raise RequestError(nothing(options.run, folder, found))
    if options.markdown or options.latex:
        print((as_latex if options.latex else as_markdown)(found), end="")
        return 0
    show(Terminal(), options.run, folder, found)
    return 0


def reference(asked: str | None, suite: str) -> Path | None:
    """Return the folder that is asked for, by default the suite's reference run if it is there; None for none."""
    folder = Path(asked or places.BASELINE / suite)
    if asked == NONE or (folder / "records").is_dir():
        return None if asked == NONE else folder
    if asked:
        raise RequestError(f"--against {asked!r} has no folder records: name a run's folder, or none")
    return None


def gathered(run: Path, folder: Path) -> Beside:
    """Read both runs -> the run's own families beside the other's."""
    from bench.analysis.beside import beside
    from bench.analysis.frame import group
    from bench.records.store import read_records
    from bench.suites.suites import columns_of

    def groups(folder: Path) -> Groups:
        records, _ = read_records(folder / "records")
        if not records:
            raise RequestError(no_records(folder))
        return group(records)[0]

    return beside(groups(run), groups(folder), columns_of(places.suite_of(run)))


def show_beside(terminal: Terminal, run: Path, folder: Path | None, required: bool) -> None:
    """Show a run's own families beside another run's, where it has any; required: say so where it has none."""
    if folder is None:
        return
    found = gathered(run, folder)
    if found.own:
        show(terminal, run, folder, found)
    elif required:
        terminal.notes([nothing(run, folder, found)])


def nothing(run: Path, folder: Path, found: Beside) -> str:
    """Say why there is nothing to show."""
    why = "; ".join(found.notes) or "every family with exact match is there too"
    return f"{places.shown(run)} has no family of its own beside {places.shown(folder)}: {why}"


def show(terminal: Terminal, run: Path, folder: Path, found: Beside) -> None:
    """Write beside.csv, beside.md into the run's folder; print the table and what it comes to."""
    from bench.records.store import write_atomically
    from bench.views.beside import as_csv, as_markdown, sentences, table

    write_atomically(run / "beside.csv", as_csv(found))
    write_atomically(run / "beside.md", as_markdown(found))
    terminal.print(table(found, places.shown(folder)))
    for line in sentences(found):
        terminal.say(line)
    terminal.notes(found.notes)
    terminal.say(f"beside: {places.shown(run / 'beside.md')}, {places.shown(run / 'beside.csv')}")
