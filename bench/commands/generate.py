"""`generate`: a trained model continues a text, or a signal, by itself."""

from __future__ import annotations

import argparse
import math
import re
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.commands import places
from bench.commands.arguments import Renamed, add_out, add_training, changes_of, number, plugins_of, whole
from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError
from bench.spec.home import PROGRAM

if TYPE_CHECKING:
    from bench.commands.ready import Ready
    from bench.execution.job import Job
    from bench.spec.spec import Spec
    from models.base import Model
    from tasks.base import Task
    from tasks.text.language import Language

TOKENS, SAMPLES, MOST, TEMPERATURE = 400, 200, 1_000_000, 0.8
PICTURES = (".png", ".svg")
FOR_TEXTS, FOR_SIGNALS = ("prompt", "temperature", "greedy"), ("plot",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("task", metavar="TASK", help="a text or a signal, or a row of a suite's tables")
    parser.add_argument("model", metavar="MODEL", help="a column of a suite's tables, or any family")
    parser.add_argument("--prompt", metavar="TEXT", help="what is read first (nothing)")
    text = "how many are written (400; of a signal 200 samples)"
    parser.add_argument("--tokens", "--symbols", action=Renamed, type=whole(1, MOST), metavar="N", help=text)
    drawn = parser.add_mutually_exclusive_group()
    drawn.add_argument(
        "--temperature", type=temperature, metavar="T", help="below 1 draws likely tokens more often (0.8)"
    )
    drawn.add_argument("--greedy", action="store_true", help="always the most likely token")
    parser.add_argument("--seed", type=whole(0), default=0, metavar="N", help="of what is drawn (0)")
    parser.add_argument("--model-seed", type=whole(0), default=0, metavar="N", help="of the trained model (0)")
    parser.add_argument("--train", action="store_true", help="train the model first where no run kept its weights")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="a signal's picture, png or svg (TASK-MODEL.png)")
    add_out(parser)
    add_training(parser)


def temperature(text: str) -> float:
    """Read a temperature."""
    value = number(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be above 0 and finite; got {text!r} (--greedy is the limit at 0)")
    return value


def run(options: argparse.Namespace) -> int:
    """Continue a prompt, or a signal, with a trained model."""
    from bench.execution.job import make_jobs
    from bench.suites.plan import specs_named

    catalogue = Catalogue(plugins_of(options))
    specs = specs_named(catalogue, options.task, options.model, changes_of(options), options.steps)
    from bench.checks.prepare import check_specs, choose_device
    from bench.probes.generate import read_prompt
    from bench.trial.build import build_task, load_plugin
    from bench.trial.protocols import protocol_of

    for plugin in catalogue.plugins:
        load_plugin(plugin)
    task = build_task(specs[0].task, specs[0].task_settings)
    text = protocol_of(task).language(task)
    if not protocol_of(task).continues:
        raise no_continuation(options.task, specs[0])
    refuse(options, *((FOR_SIGNALS, "signals", "a text") if text else (FOR_TEXTS, "texts", "a signal")))
    check_specs(specs, catalogue.plugins, explicit=True)
    jobs, device = make_jobs(specs, [options.model_seed], catalogue), choose_device(options.device)
    if text is not None:
        proceed = partial(write_text, options, text, read_prompt(text, options.prompt or ""))
    else:
        proceed = partial(draw_signal, options, task, device, picture_path(options))
    model, job = model_for(options, catalogue, jobs, device)
    try:
        proceed(model, job.spec)
    except ValueError as error:  # a table of positions that ends
        raise RequestError(f"{job.spec.column} on {job.spec.row}: {error}") from error
    return 0


def no_continuation(row: str, spec: Spec) -> RequestError:
    """Return the error for a task of strings, which are answered and not continued."""
    from bench.trial.protocols import protocol_of
    from tasks import TASKS

    defaults: dict[str, Any] = {}
    choices = sorted(name for name, task in TASKS.items() if protocol_of(task(**defaults)).continues)
    return RequestError(
        f"task {row!r} is no text: its strings are answered, and `{PROGRAM} show {spec.task} --model "
        f"{spec.model}` prints answers; choose from: {', '.join(choices)}"
    )


def refuse(options: argparse.Namespace, names: tuple[str, ...], of: str, task: str) -> None:
    """Raise where an option was given that only another kind of task has."""
    for name in names:
        if getattr(options, name) not in (None, False):
            raise RequestError(f"--{name} is for {of}; task {options.task!r} is {task}")


def picture_path(options: argparse.Namespace) -> Path:
    """Return where the picture goes; an ending that is no picture's and a folder that cannot be are errors."""
    path: Path = options.plot or Path(re.sub(r"[^\w.()=,+-]", "_", f"{options.task}-{options.model}.png"))
    if path.suffix.lower() not in PICTURES:
        raise RequestError(f"cannot draw {str(path)!r}; its name must end with one of: {', '.join(PICTURES)}")
    places.writable(path.parent)
    return path


def model_for(options: argparse.Namespace, catalogue: Catalogue, jobs: list[Job], device: str) -> Ready:
    """Return the model of the first job whose weights a run kept; else fit or train one, if that may be done."""
    from bench.commands.ready import named, ready_model
    from bench.suites.plan import run_command

    say, first = partial(print, file=sys.stderr, flush=True), jobs[0]  # apart from the text
    if found := ready_model(jobs, options.out, device, say, options.train):
        return found
    others = ["--seeds", f"{first.seeds[0]},"] + (["--out", str(options.out)] if options.out else [])
    others += [part for plugin in catalogue.plugins for part in ("--plugin", str(plugin))]
    command = run_command(catalogue, options.task, first.spec, changes_of(options), options.steps, others)
    make = f"make them with `{command}`, or add --train" if command else "add --train"
    raise RequestError(f"no weights of {named(first)} in {places.shown(options.out or places.RUNS)}; {make}")


def write_text(options: argparse.Namespace, task: Language, prompt: list[int], model: Model, spec: Spec) -> None:
    """Print a prompt and what the model writes after it."""
    from bench.probes.generate import GREEDY, continue_text, plain_text
    from bench.trial.streams import stream

    heat = GREEDY if options.greedy else options.temperature or TEMPERATURE
    generator = stream("cpu", options.seed, "generate")
    written = continue_text(model, task, prompt, options.tokens or TOKENS, heat, generator)
    print(plain_text(task, [*prompt, *written]))


def draw_signal(options: argparse.Namespace, task: Task, device: str, path: Path, model: Model, spec: Spec) -> None:
    """Draw a signal that training never read and how the model continues it; print the picture's path."""
    from bench.probes.generate import continued_signal
    from bench.probes.show import nrmse
    from bench.records.store import write_atomically
    from bench.trial.streams import stream
    from bench.views.charts.panel import saved
    from bench.views.charts.signals import continuation_figure

    generator = stream("cpu", options.seed, "generate")
    one = continued_signal(model, task, options.tokens or SAMPLES, device, generator)
    shape = nrmse(task, one), getattr(task, "step", None)
    figure = continuation_figure(spec.row, spec.column, one.given, one.truth, one.written, *shape)
    write_atomically(path, saved(figure, "svg" if path.suffix.lower() == ".svg" else "png"))
    print(places.shown(path))
