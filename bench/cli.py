"""The command line: which commands there are; each is imported when it is the one that is called."""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from bench.spec.errors import RequestError
from bench.spec.home import PROGRAM

COMMANDS = {  # a command is a module of bench/commands with `add_arguments` and `run`
    "list": "list tasks, models or suites",
    "run": "train and score every pair without a fresh record, then write the tables",
    "tune": "search settings for pairs, the same search for each, and write recipes of what it finds",
    "tables": "rebuild the tables from records",
    "report": "write a run's page, report.html, and its figures",
    "cost": "say what a suite takes, from a run's records, on how many machines",
    "best": "say which family to use on a row, and what it beats",
    "contracts": "check that the tasks and models of a file keep what the harness relies on",
    "export": "write a row's held-out examples, or training examples, as a file for other programs",
    "dataset": "write a suite's held-out examples as a data set with a Croissant description",
    "score": "judge answers that another program wrote, on the examples that export gave it",
    "publish": "write a run's results as files that collections of results read",
    "beside": "show the families that a run adds among those of the reference run",
    "compare": "say what a run changed against the reference run: exit code 1 if anything is worse",
    "power": "say how often `compare` errs, by simulation of a run's noise",
    "history": "keep a run's headline numbers under this commit",
    "claims": "evaluate every claim of the teaching notebooks by a run, write table and page",
    "extrapolation": "show how far past training a run's families hold",
    "performance": "time training steps beside plain loops and the matrix products that they need",
    "readme": "rewrite the tables and figures of README and docs from the committed reference runs",
    "status": "say which records are current: exit code 1 if any are stale",
    "promote": "make a run the committed reference run of its suite",
    "show": "print examples of a task; with a model, its predictions",
    "generate": "continue a text, or a signal, with a trained model",
}
RENAMED = {"lessons": "claims"}  # old name -> new name; the old ones work for one version


class Parser(argparse.ArgumentParser):
    """Says what was wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage; what is wrong with an option's value begins with the option."""
        raise RequestError(re.sub(r"^argument (--[\w-]+): (must be|cannot|unknown)", r"\1 \2", message))

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """End after the help; it is written out here, where a closed pipe is still noticed."""
        sys.stdout.flush()
        super().exit(status, message)


class Command(Parser):
    """A subcommand, whose module is imported once it is known to be the one that is called."""

    def __init__(self, *, module: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.module = module

    def parse_known_args(  # type: ignore[override]  # argparse overloads it; subparsers are called like this
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Declare the command's arguments, then read them."""
        command = importlib.import_module(self.module)
        self.add_argument("--debug", action="store_true", help="show the traceback of an error")
        command.add_arguments(self)
        self.set_defaults(call=command.run)
        return super().parse_known_args(args, namespace)


def build_parser() -> Parser:
    """Describe the command line."""
    top = Parser(prog=PROGRAM, description="How far past its training lengths does each model hold?")
    subparsers = top.add_subparsers(required=True, metavar="COMMAND", dest="command", parser_class=Command)
    for name, text in COMMANDS.items():
        old = [old for old, new in RENAMED.items() if new == name]
        subparsers.add_parser(name, module=f"bench.commands.{name}", help=text, description=text, aliases=old)
    return top
