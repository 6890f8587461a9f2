"""`score`: judges answers that another program wrote, on the sets that `export` gave it."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.commands import places
from bench.commands.arguments import plugins_of, whole
from bench.commands.beside import add_against, reference, show_beside
from bench.commands.export import add_row, lengths_of
from bench.commands.tables import rebuild
from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError

NO_SUITE = "scored"  # the run's folder of rows that no suite has


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_row(parser)
    parser.add_argument("file", type=Path, metavar="FILE", help='lines of JSON: {"id": ..., "answer": [tokens]}')
    parser.add_argument("--name", required=True, metavar="NAME", help="what answered, as the tables call it")
    parser.add_argument("--seed", type=whole(0), default=0, metavar="N", help="which of several trainings answered (0)")
    add_against(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="the run's folder; default: results/runs/SUITE")


def run(options: argparse.Namespace) -> int:
    """Judge the answers, write their record beside the run's others, and its tables."""
    from bench.commands.console import Terminal
    from bench.exchange.answers import Reader
    from bench.exchange.examples import check_answers, judged_sets, vocabulary
    from bench.exchange.judge import scored_record
    from bench.exchange.rows import row_of
    from bench.records.store import write_record

    catalogue, terminal = Catalogue(plugins_of(options)), Terminal()
    suite, spec, task = row_of(catalogue, options.row, options.suite)
    check_answers(task, spec.row)
    name = checked_name(options.name, catalogue)
    others = reference(options.against, suite)
    sets = judged_sets(task, spec, lengths_of(options.length))
    answered = Reader(options.file, spec.row, sets, vocabulary(task)).answers()
    out = options.out or places.RUNS / (suite or NO_SUITE)
    path = write_record(out / "records", scored_record(task, spec, name, options.seed, answered, catalogue))
    terminal.say(f"scored: {places.shown(path)}")
    rebuild(terminal, out, places.suite_of(out))
    show_beside(terminal, out, others, required=bool(options.against))
    return 0


def checked_name(name: str, catalogue: Catalogue) -> str:
    """Return the name for what answered; one that is a family's here, or none, is an error."""
    said = name.strip()
    if not said or said in catalogue.entries["model"]:
        taken = "is a family here" if said else "says nothing"
        raise RequestError(f"--name {name!r} {taken}: choose another, such as my_{said or 'program'}")
    return said
