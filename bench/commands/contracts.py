"""`contracts`: whether the tasks and models of a file keep what the harness relies on."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError
from bench.spec.spec import Spec

ROWS = ("copy", "variable_copy", "addition(reversed)", "sine", "human_numbers")  # each kind of data, for a model
MODELS = ("gru", "lstm_attention", "transformer")  # for a task
KEPT = {  # what is checked, by the kind of what registers
    "model": "causal, blind to other rows and to padding, decoding as scored, gradients as torch's",
    "task": "the same draw from the same stream, shapes and reserved ids, padding, what a model trains on",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a file with tasks or models of yours")


def run(options: argparse.Namespace) -> int:
    """Check every pair and print a line about each task and model; exit code 1 if any breaks a contract."""
    catalogue, broken = Catalogue((options.file,)), 0
    from bench.checks.prepare import check_spec
    from bench.probes.performance.rates import one_thread
    from bench.trial.build import load_plugin
    from models.base import UnsuitableError

    load_plugin(options.file)
    passed = set[str]()
    for kind, name, specs in asked(catalogue, options.file):
        kept, unsuited = list[str](), list[str]()
        for spec in specs:
            other = spec.row if kind == "model" else spec.column
            try:
                with one_thread():
                    check_spec(spec, passed)
                kept.append(other)
            except UnsuitableError as error:
                unsuited.append(f"{other}: {error}")
            except RequestError as error:
                print(f"{kind} {name} with {other}: {error}")
                broken += 1
        if kept:
            print(f"{kind} {name} keeps its contracts with {', '.join(kept)}: {KEPT[kind]}")
        for line in unsuited:
            print(f"{kind} {name} does not suit {line}")
    return 1 if broken else 0


def asked(catalogue: Catalogue, file: Path) -> Iterator[tuple[str, str, list[Spec]]]:
    """Yield what a file registers, kind and name, and the pairs that it is checked in."""
    from bench.suites.plan import specs_named

    for kind, entries in catalogue.entries.items():
        for name, entry in entries.items():
            if entry.file == file:
                pairs = [(row, name) for row in ROWS] if kind == "model" else [(name, model) for model in MODELS]
                yield kind, name, [specs_named(catalogue, row, model, [])[0] for row, model in pairs]
