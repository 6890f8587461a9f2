"""`export`: a row's examples as a file for other programs."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.commands import places
from bench.commands.arguments import add_plugins, plugins_of, whole
from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError

FORMATS, SPLITS = ("jsonl", "npz"), ("test", "train")
COUNT = 10_000  # training examples


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_row(parser)
    said = "test: the held-out sets that the row is judged on; train: training examples (test)"
    parser.add_argument("--split", choices=SPLITS, default="test", help=said)
    parser.add_argument("--format", choices=FORMATS, default="jsonl", help="lines of JSON, or NumPy arrays (jsonl)")
    parser.add_argument("--count", type=whole(1), metavar="N", help=f"how many training examples ({COUNT:,})")
    parser.add_argument("--seed", type=whole(0), metavar="N", help="the training stream to draw from (0)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: ROW-SPLIT.FORMAT in this folder")


def add_row(parser: argparse.ArgumentParser) -> None:
    """Declare the row and its lengths, as `export` and `score` take them: --length, --suite, --plugin."""
    parser.add_argument("row", metavar="ROW", help="a row of a suite's tables, such as 'copy(1-20)', or a task")
    parser.add_argument("--length", metavar="N,M", help="only these of the test lengths")
    parser.add_argument("--suite", metavar="NAME", help="whose row it is; default: full, or the first that has it")
    add_plugins(parser)


def run(options: argparse.Namespace) -> int:
    """Write the file; say what is in it."""
    if options.split == "test" and (options.count or options.seed is not None):
        raise RequestError("--count and --seed are of --split train: the test sets are what they are")
    if options.split == "train" and options.length:
        raise RequestError("--length is of --split test: training draws the row's own lengths")
    catalogue = Catalogue(plugins_of(options))
    from bench.exchange.examples import check_answers, judged_sets, training_set
    from bench.exchange.files import FORMATS, about
    from bench.exchange.rows import row_of
    from bench.records.files import safe_name, write_atomically

    _, spec, task = row_of(catalogue, options.row, options.suite)
    check_answers(task, spec.row)
    if options.split == "train":
        sets = [training_set(task, options.count or COUNT, options.seed or 0)]
    else:
        sets = judged_sets(task, spec, lengths_of(options.length))
    default = Path(f"{safe_name(f'{spec.row}-{options.split}', spec.row, options.split)}.{options.format}")
    out = options.out or default
    write_atomically(out, FORMATS[options.format](task, about(task, spec, sets, options.split), sets))
    count = sum(len(each.batch.target) for each in sets)
    print(f"{count:,} examples in {len(sets)} {'set' if len(sets) == 1 else 'sets'}: {places.shown(out)}")
    return 0


def lengths_of(text: str | None) -> list[int] | None:
    """Return the lengths that are asked for, None for all."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise RequestError(f"--length must be whole numbers, such as 10,20; got {text!r}")
    return [int(part) for part in parts]
