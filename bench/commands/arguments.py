"""Arguments that several commands share, declared once, and how they are read."""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from bench.commands.places import shown
from bench.spec.errors import RequestError
from bench.spec.plugins import installed_plugins
from bench.spec.settings import Change, parse_change, split_names


class Renamed(argparse.Action):
    """Stores the value of an option; its names after the first are old ones, which work for one version."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        """Store the value."""
        if option_string != self.option_strings[0]:
            print(f"note: `{option_string}` is now called `{self.option_strings[0]}`", file=sys.stderr)
        setattr(namespace, self.dest, values)


def add_plugins(parser: argparse.ArgumentParser) -> None:
    """Declare --plugin."""
    parser.add_argument(
        "--plugin", action="append", default=[], type=Path, metavar="FILE", help="a file with tasks or models of yours"
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """Declare --device and --plugin."""
    parser.add_argument("--device", type=device, default="auto", metavar="auto|cpu|cuda[:N]")
    add_plugins(parser)


def add_training(parser: argparse.ArgumentParser) -> None:
    """Declare what any training takes: --steps, --device, --plugin, --set."""
    parser.add_argument("--steps", type=whole(1), metavar="N", help="optimiser steps at most")
    add_device(parser)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="changes",
        metavar="task.FIELD=V|model.FIELD=V|train.FIELD=V",
        help="change a setting; what departs from the suite shows in the names of row and column",
    )


def add_out(parser: argparse.ArgumentParser, default: Path | None = None) -> None:
    """Declare --out, the folder of a run that is there; without a default, of one that kept weights."""
    kept = "the run that kept them; default: any in results/runs"
    said = f"the run's folder ({shown(default)})" if default else kept
    parser.add_argument("--out", type=Path, default=default, metavar="DIR", help=said)


def plugins_of(options: argparse.Namespace) -> tuple[Path, ...]:
    """Return the plug-in files, each once: those that are asked for, and those of installed packages."""
    files: dict[Path, Path] = {}
    for path in (*options.plugin, *installed_plugins()):
        files.setdefault(path.resolve(), path)
    return tuple(files.values())


def changes_of(options: argparse.Namespace) -> list[Change]:
    """Return what --set changes."""
    return [parse_change(text) for text in options.changes]


def names(text: str | None, option: str, known: Iterable[str] = ()) -> list[str] | None:
    """Split a list of names, each once; see `split_names`."""
    if text is None:
        return None
    found = split_names(text, known)
    if not found:
        raise RequestError(f"{option} names nothing; got {text!r}")
    return list(dict.fromkeys(found))


def whole(least: int, most: int = sys.maxsize) -> Callable[[str], int]:
    """Return what reads a whole number within bounds."""
    bounds = f"{least} or more" if most == sys.maxsize else f"a whole number from {least} to {most:,}"

    def read(text: str) -> int:
        value = int(text) if re.fullmatch(r"\s*-?\d{1,20}\s*", text) else least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be {bounds}; got {text!r}")
        return value

    return read


def share(text: str) -> float:
    """Read percentage points as a share."""
    value = number(text)
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"must be from 0 to 100 points; got {text!r}")
    return value / 100


def minutes(text: str) -> float:
    """Read a time in minutes, more than none."""
    value = number(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be above 0 minutes; got {text!r}")
    return value


def number(text: str) -> float:
    """Read a number, NaN where it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def seeds(text: str) -> list[int]:
    """Read a number of seeds, or a list such as 0,1,2."""
    try:
        found = [int(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        wanted = "write a number of seeds or a list such as 0,1,2"
        raise argparse.ArgumentTypeError(f"cannot read seeds {text!r}; {wanted}") from error
    if "," not in text:
        found = list(range(found[0])) if found and found[0] > 0 else []
    if not found or min(found) < 0 or len(set(found)) < len(found):
        raise argparse.ArgumentTypeError(f"must be seeds of 0 or more, each once, and at least one; got {text!r}")
    return found


def device(text: str) -> str:
    """Read a device's name; which GPUs there are is asked only if one is needed."""
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", text):
        raise argparse.ArgumentTypeError(f"unknown device {text!r}; choose from: auto, cpu, cuda, cuda:N")
    return text
