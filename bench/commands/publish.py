"""`publish`: a run's results as files that collections of results read; nothing is sent anywhere."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from bench.commands import places

COLLECTIONS = {"every-eval-ever": "every_eval_ever", "hub": "hub"}  # by what users call it: its module


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a folder such as results/baseline/quick")
    said = "Every Eval Ever's schema, or `.eval_results` of the Hugging Face Hub"
    parser.add_argument("--to", choices=COLLECTIONS, metavar="|".join(COLLECTIONS), required=True, help=said)
    said = "the data set on the Hub that holds the held-out strings, such as the one that `dataset` wrote"
    parser.add_argument("--dataset", metavar="OWNER/NAME", help=said)
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: lengthwise-SUITE-COLLECTION, here")


def run(options: argparse.Namespace) -> int:
    """Write the files; say how many and where."""
    from bench.records.files import write_atomically
    from bench.views.charts.material import read_run
    from bench.views.collections.scores import scores_of

    suite = places.suite_of(options.run)
    found = read_run(options.run, suite)
    collection = importlib.import_module(f"bench.views.collections.{COLLECTIONS[options.to]}")
    out = options.out or Path(f"lengthwise-{suite}-{options.to}")
    files = list(collection.files(suite, list(scores_of(found)), options.dataset))
    for place, content in files:
        write_atomically(out / place, content)
    print(f"{len(files)} files for {options.to}: {places.shown(out)}; nothing was sent anywhere")
    return 0
