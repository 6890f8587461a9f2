"""`cost`: what a suite takes, from the seconds in a run's records, and how long on how many workers."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.commands import places
from bench.commands.arguments import whole
from bench.spec.errors import RequestError
from bench.spec.home import no_records

WORKERS = "1,2,16,100,1000"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    said = "whose records tell the seconds (results/baseline/full)"
    parser.add_argument("run", nargs="?", type=Path, default=places.BASELINE / "full", metavar="RUN", help=said)
    parser.add_argument("--suite", metavar="NAME", help="what is to be trained; default: the run's suite")
    parser.add_argument("--seeds", type=whole(1), metavar="N", help="seeds a pair; default: the suite's")
    parser.add_argument("--workers", default=WORKERS, metavar="N,M", help=f"processor cores ({WORKERS})")
    said = "seconds that each job takes besides, such as an engine's (0)"
    parser.add_argument("--overhead", type=float, default=0.0, metavar="SECONDS", help=said)


def run(options: argparse.Namespace) -> int:
    """Print the processor hours, and the hours on so many workers."""
    from bench.analysis.cost import cost, makespan
    from bench.analysis.frame import group
    from bench.records.store import read_records
    from bench.suites.suites import find_suite
    from bench.views.cost import said, table

    suite = find_suite(options.suite or places.suite_of(options.run))
    records, _ = read_records(options.run / "records")
    if not records:
        raise RequestError(no_records(options.run))
    if not 0 <= options.overhead < float("inf"):
        raise RequestError(f"--overhead must be 0 or more seconds; got {options.overhead:g}")
    found = cost(suite.specs, options.seeds or suite.seeds, group(records)[0])
    first = sorted(found.seconds, reverse=True)
    spans = [
        (workers, makespan(found.seconds, workers, options.overhead), makespan(first, workers, options.overhead))
        for workers in counts(options.workers)
    ]
    print(said(suite.name, found))
    print("\n".join(table(found, spans)))
    return 0


def counts(text: str) -> list[int]:
    """Read numbers of workers."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise RequestError(f"--workers must be whole numbers of 1 or more, such as 2,100; got {text!r}")
    return [int(part) for part in parts]
