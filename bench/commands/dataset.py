"""`dataset`: the held-out sets of rows as a data set that others load: a file a row, and a Croissant description."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bench.commands import places
from bench.commands.arguments import add_plugins, names, plugins_of
from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError

if TYPE_CHECKING:
    from bench.exchange.croissant import Described


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("rows", nargs="?", metavar="ROW", help="a row, or several: copy,parity; default: the suite's")
    parser.add_argument("--suite", default="quick", metavar="NAME", help="whose rows they are (quick)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: lengthwise-SUITE in this folder")
    add_plugins(parser)


def run(options: argparse.Namespace) -> int:
    """Write the files and their description; say what is in them."""
    catalogue = Catalogue(plugins_of(options))
    from bench.commands.console import Terminal
    from bench.exchange.croissant import description, mlcroissant
    from bench.records.files import write_atomically
    from bench.records.provenance import version
    from bench.suites.suites import find_suite

    mlcroissant()  # what is missing is said before anything is drawn
    known = list(dict.fromkeys(spec.row for spec in find_suite(options.suite).specs))
    asked = names(options.rows, "ROW", known)
    parts, texts = described_rows(catalogue, asked or known, options.suite)
    if asked is not None or not parts:
        for row in texts:
            raise RequestError(f"{row} is a text, which is predicted token by token: it has no examples to answer")
    out = options.out or Path(f"lengthwise-{options.suite}")
    for part in parts:
        write_atomically(out / part.file, part.content)
    write_atomically(out / "croissant.json", description(f"lengthwise-{options.suite}", parts, version()))
    terminal = Terminal()
    terminal.notes([f"{row} is a text, which is predicted token by token: left out" for row in texts])
    count = sum(part.content.count(b"\n") for part in parts)
    terminal.say(f"{count:,} examples of {len(parts)} rows, described in croissant.json: {places.shown(out)}")
    return 0


def described_rows(catalogue: Catalogue, rows: list[str], suite: str) -> tuple[list[Described], list[str]]:
    """Return the files of some rows of a suite, and the rows that are texts."""
    from bench.exchange.croissant import described
    from bench.exchange.examples import is_read, judged_sets
    from bench.exchange.rows import row_of
    from bench.records.files import safe_name

    parts, texts = [], []
    for row in rows:
        _, spec, task = row_of(catalogue, row, suite)
        if is_read(task):
            texts.append(row)
        else:
            parts.append(described(task, spec, judged_sets(task, spec), f"{safe_name(row, row)}.jsonl"))
    return parts, texts
