"""`tune`: the same search of learning rate, width and steps for every pair; recipes are made of what it finds."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from bench.commands import places
from bench.commands.arguments import add_device, names, plugins_of, whole
from bench.commands.run import add_execution, at_once, executor_of, unstarted, until
from bench.spec.catalogue import ROOT, Catalogue
from bench.spec.errors import RequestError
from bench.spec.home import HOME, PROGRAM

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.commands.console import Terminal
    from bench.execution.executor import Listen
    from bench.studies.tuning.search import Asked, Search

TABLE, SAMPLED = HOME / "results" / "tuning.csv", places.RUNS / "sampled.csv"
RECIPES = ROOT / "bench" / "suites" / "tuned.toml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("rows", nargs="?", metavar="ROW", help="a row, or several: copy,addition(reversed)")
    parser.add_argument("models", nargs="?", metavar="FAMILY", help="a family, or several")
    parser.add_argument("--suite", default="full", metavar="NAME", help="where no pair is named: this suite's (full)")
    parser.add_argument(
        "--from",
        dest="run",
        type=Path,
        default=places.RUNS / "full",
        metavar="RUN",
        help="of these, the pairs that this run has below 99 percent inside (results/runs/full)",
    )
    parser.add_argument("--seed", type=whole(0), default=100, metavar="N", help="the first seed, 100 or more (100)")
    said = "of all tries (results/tuning.csv; of a sampler's results/runs/sampled.csv)"
    parser.add_argument("--table", type=Path, metavar="FILE", help=said)
    said = "let Optuna propose the settings instead of the equal search: tpe, gp, random"
    parser.add_argument("--sampler", metavar="NAME", help=said)
    parser.add_argument("--tries", type=whole(1), default=20, metavar="N", help="how many a sampler proposes (20)")
    said = "where Optuna keeps the study, which several workers share: sqlite:///tune.db"
    parser.add_argument("--storage", metavar="URL", help=said)
    parser.add_argument("--write", action="store_true", help="train nothing: write the table's winners as recipes")
    parser.add_argument("--recipes", type=Path, default=RECIPES, metavar="FILE", help="(bench/suites/tuned.toml)")
    add_execution(parser)
    add_device(parser)


def run(options: argparse.Namespace) -> int:
    """Search, or write the recipes that searches found; say what came out."""
    from bench.commands.console import Terminal
    from bench.execution.executor import find_executor

    if (options.rows is None) != (options.models is None) or (options.write and options.rows is not None):
        raise RequestError("name rows and families, or neither; `tune --write` alone writes recipes")
    if options.storage and not options.sampler:
        raise RequestError("--storage is where a sampler's study is kept: name a --sampler too")
    terminal = Terminal()
    options.table = options.table or (SAMPLED if options.sampler else TABLE)
    if options.write:
        return write(options, terminal)
    find_executor(options.executor or "serial")
    places.writable(options.table.parent)
    searches = asked(options, terminal)
    failures = searched(options, searches, terminal)
    say_verdicts(options.table, {search.pair for search in searches}, terminal)
    for line in failures:
        print(f"failed: {line}", file=sys.stderr)
    return 1 if failures else 0


def asked(options: argparse.Namespace, terminal: Terminal) -> list[Search]:
    """Return the searches of the pairs that are named, or else of those that a run shows to be unlearnt."""
    from dataclasses import replace

    from bench.studies.tuning import space
    from bench.studies.tuning.search import Search
    from bench.studies.tuning.unlearnt import unlearnt
    from bench.suites.configured import CONFIGURED
    from bench.suites.suites import find_suite

    catalogue, chosen = Catalogue(plugins_of(options)), replace(space.SPACE, seed=options.seed)
    rows, models = names(options.rows, "ROW", CONFIGURED), names(options.models, "FAMILY")
    if rows is None or models is None:
        pairs, notes = unlearnt(options.run, find_suite(options.suite), catalogue)
        terminal.notes(notes)
    else:
        pairs = list(product(rows, models))
    if not options.sampler:
        return [Search(row, model, chosen, catalogue) for row, model in pairs]
    from bench.studies.tuning.sampled import SampledSearch, Sampling, library

    library()  # what is missing is said before anything is built
    from bench.checks.prepare import choose_device

    sampling = Sampling(
        options.sampler, options.tries, at_once(options, choose_device(options.device)), options.storage
    )
    return [SampledSearch(row, model, chosen, catalogue, sampling) for row, model in pairs]


def searched(options: argparse.Namespace, searches: Sequence[Search], terminal: Terminal) -> list[str]:
    """Train what the searches ask for -> a line about each try that failed."""
    from bench.checks.prepare import check_tries, choose_device
    from bench.studies.tuning.space import HELD_OUT
    from bench.studies.tuning.tune import Tuning

    tuning, options.until = Tuning(searches, options.table), until(options)
    specs = [each.job.spec for search in searches for each in search.asked(tuning.known)]
    check_tries(specs, plugins_of(options), HELD_OUT)
    if searches:
        space, tries = searches[0].space, searches[0].tries
        terminal.say(f"{len(searches)} pairs, {tries} tries each, seeds {space.seed} to {max(space.further_seeds)}")
    device = choose_device(options.device)
    return tuning.run(partial(shown, options, terminal), partial(executor_of, options, device))


def shown(
    options: argparse.Namespace,
    terminal: Terminal,
    asked: Sequence[Asked],
    trained: Callable[[Listen], list[str]],
) -> list[str]:
    """Show the progress of a round."""
    from bench.execution.progress import Display

    with Display(terminal, [each.job for each in asked], 0) as display:
        failures = trained(display.listen)
    terminal.notes(unstarted(display.unstarted, options.minutes))
    return failures


def say_verdicts(table: Path, pairs: set[tuple[str, str]], terminal: Terminal) -> None:
    """Say what came of each of these pairs."""
    from bench.studies.tuning.table import read_tries
    from bench.studies.tuning.verdicts import verdicts

    for verdict in verdicts(one for one in read_tries(table) if one.pair in pairs):
        terminal.say(verdict.said)
    hint = "" if table == SAMPLED else f"; `{PROGRAM} tune --write` makes recipes of them"
    terminal.say(f"tries: {places.shown(table)}{hint}")


def write(options: argparse.Namespace, terminal: Terminal) -> int:
    """Write the recipes that a table's winners are."""
    from bench.records.store import write_atomically
    from bench.studies.tuning.table import read_tries
    from bench.studies.tuning.verdicts import recipes_toml, verdicts

    tries = read_tries(options.table)
    if not tries:
        raise RequestError(f"no tries in {str(options.table)!r}: run `{PROGRAM} tune` first")
    found = verdicts(tries)
    write_atomically(options.recipes, recipes_toml(found))
    for verdict in found:
        terminal.say(verdict.said)
    better = sum(verdict.better for verdict in found)
    terminal.say(f"{better} of {len(found)} pairs have a tuned recipe: {places.shown(options.recipes)}")
    return 0
