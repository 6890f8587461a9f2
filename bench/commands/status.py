"""`status`: which records of a run are current, which stale and why, which missing."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from bench.analysis.freshness import Freshness, freshness
from bench.commands import places


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN", help="default: all in results/baseline")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plugin", action="append", default=[], type=Path, metavar="FILE")


def run(options: argparse.Namespace) -> int:
    """Print how each run stands; 1 if any record is stale."""
    runs = options.runs or sorted(path.parent for path in places.BASELINE.glob("*/records"))
    found = [freshness(each, tuple(options.plugin)) for each in runs]
    if options.json:
        stale = ([[*cell, moved] for cell, moved in each.stale.items()] for each in found)
        said = [asdict(each) | {"stale": cells} for each, cells in zip(found, stale, strict=True)]
        print(json.dumps(said, indent=1))
    else:
        print("\n".join(table(found)))
    return int(any(each.stale for each in found))


def table(found: list[Freshness]) -> list[str]:
    """Return the lines of a table: of each run its counts, what has moved for how many records, when it was made."""
    lines: list[tuple[str, ...]] = [("run", "current", "stale", "missing", "moved since", "")]
    for each in found:
        first, *rest = [f"{count} {part}" for part, count in each.moved.items()] or [""]
        lines.append(
            (each.run, *(str(len(part)) for part in (each.current, each.stale, each.missing)), first, each.made)
        )
        lines += [("", "", "", "", part, "") for part in rest]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
