"""`run`: train and score what has no current record, then write the tables."""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.commands import places
from bench.commands.arguments import add_training, changes_of, minutes, names, plugins_of, seeds, whole
from bench.commands.beside import add_against, reference, show_beside
from bench.commands.tables import rebuild
from bench.spec.catalogue import Catalogue

if TYPE_CHECKING:
    from bench.commands.console import Terminal
    from bench.execution.executor import Event, Executor, Listen
    from bench.execution.job import Job
    from bench.spec.spec import Spec
    from bench.suites.suites import Suite

MOST_PARAMETERS = 10**9
ON_CARD = 32  # jobs at once on a GPU: small models leave most of it idle, so several train there by turns


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--suite", default="quick", metavar="NAME", help="a suite that `list suites` names (quick)")
    parser.add_argument("--tasks", metavar="A,B", help="only these tasks, or rows such as 'addition(reversed)'")
    parser.add_argument("--models", metavar="C,D", help="only these families, or columns such as 'gru(notebook)'")
    parser.add_argument(
        "--parameters",
        type=whole(1, MOST_PARAMETERS),
        metavar="N",
        help="every family at the hidden size nearest to N parameters",
    )
    parser.add_argument("--seeds", type=seeds, metavar="N|0,1,2", help="how many seeds, or which")
    add_execution(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: results/runs/SUITE")
    add_against(parser)
    parser.add_argument("--checkpoint", action="store_true", help="keep the weights, in DIR/checkpoints")
    trackers = "tensorboard|wandb|trackio"
    parser.add_argument("--track", action="append", default=[], metavar=trackers, help="curves there too")
    add_training(parser)


def add_execution(parser: argparse.ArgumentParser) -> None:
    """Declare how jobs are run: --jobs, --threads, --executor, --minutes."""
    parser.add_argument(
        "--jobs", type=whole(1), metavar="N", help=f"jobs at once; default: one a core, on a GPU {ON_CARD} at most"
    )
    parser.add_argument("--threads", type=whole(1), default=1, metavar="N", help="threads a job (1)")
    said = "serial, processes, seeds (on a GPU), ray, slurm; default: by --jobs"
    parser.add_argument("--executor", metavar="NAME", help=said)
    parser.add_argument("--address", default="", metavar="WHERE", help="of a Ray cluster; of slurm local or debug")
    parser.add_argument("--minutes", type=minutes, metavar="N", help="start no job after so many; those that run end")


def run(options: argparse.Namespace) -> int:
    """Train, score, write tables."""
    from bench.commands.console import Terminal
    from bench.execution.executor import find_executor
    from bench.execution.job import make_jobs
    from bench.execution.progress import Display
    from bench.execution.run_store import RunStore
    from bench.execution.trackers import Trackers, check_trackers
    from bench.records.store import unevaluated
    from bench.suites.suites import find_suite

    suite, catalogue, terminal = find_suite(options.suite), Catalogue(plugins_of(options)), Terminal()
    options.until = until(options)
    specs, notes = planned(options, suite, catalogue)
    find_executor(options.executor or "serial")
    options.track = list(dict.fromkeys(options.track))
    check_trackers(options.track)
    store = RunStore(options.out or places.RUNS / suite.name)
    places.writable(store.records)
    survey = store.survey(make_jobs(specs, options.seeds or range(suite.seeds), catalogue, options.checkpoint))
    terminal.notes(notes)
    failures = [line for record in survey.current for line in unevaluated(record)]
    if survey.pending:
        specs, executor = prepared(options, specs, len(survey.pending), terminal)
        jobs = longest_first([job for job in survey.pending if job.spec in specs], suite, options)
        if aside := store.set_aside(survey, specs):
            where = places.shown(store.records / "stale")
            terminal.say(f"{aside} records of other settings or code were set aside in {where}")
        started, done = time.perf_counter(), len(survey.current)
        with Display(terminal, jobs, done) as display, Trackers(options.track, store.out, terminal.say) as trackers:
            failures += executor.run(jobs, store, both(display.listen, trackers.listen))
        terminal.say(f"{display.total - done - display.unstarted} jobs in {time.perf_counter() - started:.0f} s")
        terminal.notes(unstarted(display.unstarted, options.minutes))
    else:
        terminal.say(f"all {len(survey.current)} jobs have current records: nothing to train")
    rebuild(terminal, store.out, suite.name)
    show_beside(terminal, store.out, reference(options.against, suite.name), required=bool(options.against))
    for line in failures:
        print(f"failed: {line}", file=sys.stderr)
    return 1 if failures else 0


def longest_first(jobs: list[Job], suite: Suite, options: argparse.Namespace) -> list[Job]:
    """Order jobs by what they take by the suite's reference run, so that no long one is waited for at the end.

    Where a time is set they stay as they are: the more of them are done by then.
    """
    from bench.analysis.cost import cost
    from bench.analysis.frame import group
    from bench.records.store import read_records

    groups, _ = group(read_records(places.BASELINE / suite.name / "records")[0])
    if not groups or options.minutes is not None:
        return jobs
    seconds = cost([job.spec for job in jobs], 1, groups).seconds
    return [job for _, job in sorted(zip(seconds, jobs, strict=True), key=lambda each: -each[0])]


def unstarted(count: int, minutes: float) -> list[str]:
    """Say how many jobs a limit of time left."""
    said = "{} jobs were not started, as the {:g} minutes were over: run again to go on"
    return [said.format(count, minutes)] if count else []


def both(first: Listen, second: Listen) -> Listen:
    """Return what passes every event on to two listeners."""

    def listen(event: Event) -> None:
        first(event)
        second(event)

    return listen


def planned(options: argparse.Namespace, suite: Suite, catalogue: Catalogue) -> tuple[list[Spec], list[str]]:
    """Return the specs that a run's options ask for, and what there is to say about their sizes."""
    from bench.suites.plan import plan, selectable

    rows, columns = selectable(suite, catalogue)
    options.tasks = names(options.tasks, "--tasks", rows)
    options.models = names(options.models, "--models", columns)
    asked = suite, catalogue, options.tasks, options.models, changes_of(options), options.steps
    if options.parameters is None:
        return plan(*asked), []
    from bench.checks.sizes import Matching  # which needs torch

    matching = Matching(options.parameters, catalogue)
    specs = plan(*asked, matching)
    return specs, matching.notes(specs)


def prepared(
    options: argparse.Namespace, specs: list[Spec], most: int, terminal: Terminal
) -> tuple[list[Spec], Executor]:
    """Build every task and model once -> the specs that can run, and what runs their jobs, `most` at once."""
    from bench.checks.prepare import check_specs, choose_device

    device = choose_device(options.device)
    kept, skipped = check_specs(specs, plugins_of(options), explicit=bool(options.tasks and options.models))
    for line in skipped:
        terminal.say(line)
    return kept, executor_of(options, device, most)


def executor_of(options: argparse.Namespace, device: str, most: int) -> Executor:
    """Return what runs jobs as the options say, `most` at once."""
    from bench.execution.executor import Resources, find_executor

    jobs = min(most, at_once(options, device))
    name = options.executor or ("processes" if jobs > 1 else "serial")
    return find_executor(name)(Resources(device, jobs, options.threads, options.until, options.address))


def at_once(options: argparse.Namespace, device: str) -> int:
    """Return how many jobs run at once where there are as many."""
    from bench.execution.processes import LANES

    return options.jobs or (min(LANES * cores(), ON_CARD) if device.startswith("cuda") else cores())


def until(options: argparse.Namespace) -> float:
    """Return the time, by `time.time()`, at which no job is to be started any more."""
    return math.inf if options.minutes is None else time.time() + 60 * float(options.minutes)


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
