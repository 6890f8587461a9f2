"""Arguments that several commands share, declared once, and how they are read."""

from __future__ import annotations

import argparse
import re
from collections.abc import Collection
from pathlib import Path

from bench.spec.errors import RequestError
from bench.spec.settings import Change, parse_change


def add_plugins(parser: argparse.ArgumentParser) -> None:
    """Declare --plugin."""
    parser.add_argument(
        "--plugin", action="append", default=[], type=Path, metavar="FILE", help="a file with tasks or models of yours"
    )


def add_training(parser: argparse.ArgumentParser) -> None:
    """Declare what any training takes: --steps, --device, --plugin, --set."""
    parser.add_argument("--steps", type=int, metavar="N", help="optimiser steps at most")
    parser.add_argument("--device", default="auto", metavar="auto|cpu|cuda[:N]")
    add_plugins(parser)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="changes",
        metavar="task.FIELD=V|model.FIELD=V|train.FIELD=V",
        help="change a setting; what departs from the suite shows in the names of row and column",
    )


def add_out(parser: argparse.ArgumentParser, default: Path) -> None:
    """Declare --out, the folder of a run that is there."""
    parser.add_argument("--out", type=Path, default=default, metavar="DIR", help="the run's folder (%(default)s)")


def add_weights(parser: argparse.ArgumentParser) -> None:
    """Declare --out of the commands that look for weights."""
    parser.add_argument("--out", type=Path, metavar="DIR", help="the run that kept them; default: any in results/runs")


def plugins_of(options: argparse.Namespace) -> tuple[Path, ...]:
    """Return the plug-in files, each once."""
    files: dict[Path, Path] = {}
    for path in options.plugin:
        files.setdefault(path.resolve(), path)
    return tuple(files.values())


def changes_of(options: argparse.Namespace) -> list[Change]:
    """Return what --set changes."""
    return [parse_change(text) for text in options.changes]


def names(text: str | None, option: str, known: Collection[str] = ()) -> list[str] | None:
    """Split a list of names, each once: at commas outside brackets, but not inside a name that is known."""
    if text is None:
        return None
    parts, found = re.split(r",(?![^(]*\))", text), []
    while parts:
        whole = (size for size in range(len(parts), 1, -1) if ",".join(parts[:size]).strip() in known)
        size = next(whole, 1)
        found.append(",".join(parts[:size]).strip())
        parts = parts[size:]
    if not any(found):
        raise RequestError(f"{option} names nothing; got {text!r}")
    return list(dict.fromkeys(name for name in found if name))


def at_least(option: str, value: int | None, least: int) -> None:
    """Raise unless a number that was given is large enough."""
    if value is not None and value < least:
        raise RequestError(f"{option} must be {least} or more; got {value}")


def share(points: float, option: str) -> float:
    """Read percentage points."""
    if not 0 <= points <= 100:
        raise RequestError(f"{option} must be between 0 and 100 points; got {points:g}")
    return points / 100
