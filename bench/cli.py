"""The command line's commands and options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn

from bench.commands import claims as claim_commands
from bench.commands import compare as gate_commands
from bench.commands import extrapolation as extrapolation_command
from bench.commands import generate as generate_command
from bench.commands import run as commands
from bench.commands import show as show_command
from bench.spec.errors import RequestError

CHANGES = "task.FIELD=V|model.FIELD=V|train.FIELD=V"


class Parser(argparse.ArgumentParser):
    """Says what was wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage."""
        raise RequestError(message)


def build_parser() -> Parser:
    """Describe the command line."""
    top = Parser(prog="python -m bench", description="How far past its training lengths does each model hold?")
    subparsers = top.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)

    def command(name: str, function: object, text: str) -> argparse.ArgumentParser:
        sub = subparsers.add_parser(name, help=text, description=text)
        sub.set_defaults(command=function)
        sub.add_argument("--debug", action="store_true", help="show the traceback of an error")
        return sub

    one = command("list", commands.list_all, "list tasks, models or suites")
    one.add_argument("kind", nargs="?", choices=("tasks", "models", "suites"))
    one.add_argument("--json", action="store_true")
    one.add_argument("--plugin", action="append", default=[], type=Path, metavar="FILE")

    one = command("run", commands.run, "train and score every pair without a fresh record, then write the tables")
    one.add_argument("--suite", default="quick", metavar="NAME")
    one.add_argument("--tasks", metavar="A,B", help="only these tasks, or rows such as 'addition(reversed)'")
    one.add_argument("--models", metavar="C,D", help="only these families, or columns such as 'gru(notebook)'")
    one.add_argument("--parameters", metavar="N", help="every family at the hidden size nearest to N parameters")
    one.add_argument("--seeds", metavar="N|0,1,2", help="how many seeds, or which")
    one.add_argument("--steps", type=int, metavar="N", help="optimiser steps at most")
    one.add_argument("--device", default="auto", metavar="auto|cpu|cuda[:N]")
    one.add_argument("--jobs", type=int, metavar="N", help="cells at once; default: one a core, on a GPU one")
    one.add_argument("--threads", type=int, default=1, metavar="N", help="threads a cell (default 1)")
    one.add_argument("--out", type=Path, metavar="DIR", help="default: results/runs/SUITE")
    one.add_argument("--checkpoint", action="store_true", help="keep the weights, in DIR/checkpoints")
    one.add_argument("--track", action="append", default=[], metavar="tensorboard|wandb", help="curves there too")
    one.add_argument("--plugin", action="append", default=[], type=Path, metavar="FILE")
    one.add_argument("--set", action="append", default=[], dest="changes", metavar=CHANGES)

    one = command("tables", commands.tables, "rebuild the tables from records")
    one.add_argument("--out", type=Path, default=commands.RUNS / "quick", metavar="DIR")

    one = command("report", commands.report_page, "write a run's page, report.html, and its figures")
    one.add_argument("--out", type=Path, default=commands.RUNS / "quick", metavar="DIR")

    one = command("compare", gate_commands.compare, "say what a run changed against a baseline: exit code 1 if worse")
    one.add_argument("base", nargs="?", type=Path, metavar="BASE", help="default: results/baseline/NAME OF NEW")
    one.add_argument("new", type=Path, metavar="NEW", help="a run's folder, or its by_length.csv or leaderboard.csv")
    one.add_argument("--tolerance", type=float, default=2, metavar="POINTS", help="smaller drops do not count (2)")
    one.add_argument("--tasks", metavar="A,B", help="only these tasks, by their names in the tables")
    one.add_argument("--models", metavar="C,D", help="only these models, by their names in the tables")
    one.add_argument("--markdown", action="store_true", help="for pasting into a pull request")

    one = command("power", gate_commands.power, "say how often `compare` errs, by simulation of a run's noise")
    one.add_argument("run", nargs="?", type=Path, default=gate_commands.default_run(), metavar="RUN")
    one.add_argument("--drop", type=float, default=10, metavar="POINTS", help="the drop to be found (10)")
    one.add_argument("--suites", type=int, default=2000, metavar="N", help="simulated suites a figure (2000)")
    one.add_argument("--page", type=Path, metavar="FILE", help="also put the table between the markers of this page")

    one = command("history", gate_commands.history, "keep a run's headline numbers under this commit")
    one.add_argument("run", nargs="?", type=Path, default=commands.RUNS / "quick", metavar="RUN")
    one.add_argument("--file", type=Path, default=gate_commands.HISTORY, metavar="CSV")

    for name, function in (("claims", claim_commands.claims), ("lessons", claim_commands.lessons)):
        one = command(name, function, f"judge every claim by a run{', the old name' * (name == 'lessons')}")
        one.add_argument("--out", type=Path, default=commands.RUNS / "lessons", metavar="DIR")
        one.add_argument("--page", type=Path, metavar="FILE", help="also write the page there, such as docs/claims.md")

    one = command(
        "extrapolation",
        extrapolation_command.extrapolation,
        "show how far past training a run's families hold",
    )
    one.add_argument("--out", type=Path, default=commands.RUNS / "extrapolate", metavar="DIR")
    one.add_argument("--page", type=Path, metavar="FILE", help="also write the page there: docs/extrapolation.md")

    command("readme", commands.readme, "rewrite the README's tables from the committed baseline")

    one = command("promote", commands.promote, "make a run the committed baseline of its suite")
    one.add_argument("run", type=Path, metavar="RUN", help="a folder such as results/runs/quick")

    one = command("show", show_command.show, "print examples of a task; with a model, its predictions")
    one.add_argument("task", metavar="TASK", help="a task, or a row of a suite's tables")
    one.add_argument("--length", type=int, metavar="N", help="of the strings; default: inside training and beyond")
    one.add_argument("--count", type=int, default=3, metavar="K")
    one.add_argument("--model", metavar="M", help="a family or column: by the weights that a run kept, else trained")
    one.add_argument("--out", type=Path, metavar="DIR", help="the run that kept them; default: any in results/runs")
    one.add_argument("--steps", type=int, metavar="N", help="optimiser steps at most")
    one.add_argument("--device", default="auto", metavar="auto|cpu|cuda[:N]")
    one.add_argument("--plugin", action="append", default=[], type=Path, metavar="FILE")
    one.add_argument("--set", action="append", default=[], dest="changes", metavar=CHANGES)

    one = command("generate", generate_command.generate, "continue a text, or a signal, with a trained model")
    one.add_argument("task", metavar="TASK", help="a text such as chars_nietzsche, or sine; a row of a suite's tables")
    one.add_argument("model", metavar="MODEL", help="a column of a suite's tables, or any family")
    one.add_argument("--prompt", metavar="TEXT", help="what is read first (nothing)")
    one.add_argument("--symbols", type=int, metavar="N", help="how many are written (400; of a signal 200 samples)")
    one.add_argument("--temperature", type=float, metavar="T", help="below 1 draws likely symbols more often (0.8)")
    one.add_argument("--greedy", action="store_true", help="always the most likely symbol")
    one.add_argument("--seed", type=int, default=0, metavar="N", help="of what is drawn (0)")
    one.add_argument("--model-seed", type=int, default=0, metavar="N", help="of the trained model (0)")
    one.add_argument("--train", action="store_true", help="train the model first where no run kept its weights")
    one.add_argument("--out", type=Path, metavar="DIR", help="the run that kept them; default: any in results/runs")
    one.add_argument("--plot", type=Path, metavar="FILE", help="a signal's picture, png or svg (TASK-MODEL.png)")
    one.add_argument("--steps", type=int, metavar="N", help="optimiser steps at most")
    one.add_argument("--device", default="auto", metavar="auto|cpu|cuda[:N]")
    one.add_argument("--plugin", action="append", default=[], type=Path, metavar="FILE")
    one.add_argument("--set", action="append", default=[], dest="changes", metavar=CHANGES)
    return top
