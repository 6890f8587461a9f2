"""What the command `generate` does: a trained model continues a text, or a signal, by itself."""

from __future__ import annotations

import argparse
import math
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.commands import run as commands
from bench.commands.run import FINE, at_least, shown, writable
from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError

if TYPE_CHECKING:
    from bench.spec.settings import Change
    from bench.spec.spec import Spec
    from models.base import Model
    from tasks.base import Task
    from tasks.text.language import Language

SYMBOLS, SAMPLES, TEMPERATURE = 400, 200, 0.8
MOST = 1_000_000  # symbols, or samples
PICTURES = (".png", ".svg")
FOR_TEXTS, FOR_SIGNALS = ("prompt", "temperature", "greedy"), ("plot",)


def generate(options: argparse.Namespace) -> int:
    """Continue a prompt, or a signal, with a trained model."""
    from bench.spec.settings import parse_change
    from bench.suites.resolve import specs_named

    check_numbers(options)
    catalogue, changes = Catalogue(tuple(options.plugin)), [parse_change(text) for text in options.changes]
    specs = specs_named(catalogue, options.task, options.model, changes, options.steps)
    from bench.checks.prepare import check_specs, choose_device
    from bench.probes.generate import read_prompt
    from bench.trial.build import build_task, load_plugin
    from bench.trial.protocols import protocol_of

    for plugin in options.plugin:
        load_plugin(plugin)
    task = build_task(specs[0].task, specs[0].task_settings)
    text = protocol_of(task).language(task)
    if not protocol_of(task).continues:
        raise no_continuation(options.task, specs[0])
    refuse(options, *((FOR_SIGNALS, "signals", "a text") if text else (FOR_TEXTS, "texts", "a signal")))
    check_specs(specs, tuple(options.plugin), explicit=True)
    device = choose_device(options.device)
    if text is not None:
        prompt = read_prompt(text, options.prompt or "")
        write_text(options, text, prompt, *ready_model(options, catalogue, specs, changes, device))
    else:
        path = picture_path(options)
        draw_signal(options, task, *ready_model(options, catalogue, specs, changes, device), device, path)
    return FINE


def check_numbers(options: argparse.Namespace) -> None:
    """Raise unless the numbers asked for make sense, and together."""
    at_least("--symbols", options.symbols, 1)
    if (options.symbols or 1) > MOST:
        raise RequestError(f"--symbols must be {MOST:,} or fewer; got {options.symbols}")
    at_least("--seed", options.seed, 0)
    at_least("--model-seed", options.model_seed, 0)
    if options.temperature is not None:
        if options.greedy:
            raise RequestError("--greedy draws nothing, so --temperature has no meaning beside it; give one of the two")
        if not 0 < options.temperature < math.inf:
            raise RequestError(
                f"--temperature must be above 0 and finite; got {options.temperature:g} (--greedy is the limit at 0)"
            )


def no_continuation(row: str, spec: Spec) -> RequestError:
    """Return the error for a task of strings, which are answered and not continued."""
    from bench.trial.protocols import protocol_of
    from tasks import TASKS

    defaults: dict[str, Any] = {}
    made = {name: task(**defaults) for name, task in TASKS.items()}
    choices = sorted(name for name, task in made.items() if protocol_of(task).continues)
    return RequestError(
        f"task {row!r} is no text: its strings are answered, and `python -m bench show {spec.task} --model "
        f"{spec.model}` prints answers; choose from: {', '.join(choices)}"
    )


def refuse(options: argparse.Namespace, names: tuple[str, ...], of: str, task: str) -> None:
    """Raise where an option was given that only another kind of task has."""
    for name in names:
        if getattr(options, name) not in (None, False):
            raise RequestError(f"--{name} is for {of}; task {options.task!r} is {task}")


def ready_model(
    options: argparse.Namespace, catalogue: Catalogue, specs: list[Spec], changes: list[Change], device: str
) -> tuple[Model, Spec]:
    """Return the model of the first spec whose weights a run kept; else fit or train one, if that may be done."""
    from bench.execution.cell import make_cells
    from bench.execution.trained import kept_model, train_cell
    from bench.suites.resolve import run_command
    from bench.trial.build import build_model, build_task

    cells = make_cells(specs, [options.model_seed], catalogue)
    first = cells[0]
    pair = f"{first.spec.column} on {first.spec.row}, seed {first.seed}"
    task = build_task(first.spec.task, first.spec.task_settings)
    if not build_model(first.spec.model, task, first.spec.model_settings).trainable:
        note(f"fitting {pair} ...")
        return train_cell(first, device), first.spec
    runs = [options.out] if options.out else sorted(commands.RUNS.glob("*"))
    found = kept_model(cells, runs, device)
    if found:
        model, cell, run = found
        note(f"weights of {pair}, {cell.spec.steps} steps at most, kept in {shown(run)}")
        return model, cell.spec
    if options.train:
        note(f"training {pair}: {first.spec.steps} steps at most ...")
        return train_cell(first, device), first.spec
    others = ["--seeds", f"{first.seed},"] + (["--out", str(options.out)] if options.out else [])
    others += [part for plugin in options.plugin for part in ("--plugin", str(plugin))]
    command = run_command(catalogue, options.task, first.spec, changes, options.steps, others)
    make = f"make them with `{command}`, or add --train" if command else "add --train"
    raise RequestError(f"no weights of {pair} in {shown(options.out or commands.RUNS)}; {make}")


def write_text(options: argparse.Namespace, task: Language, prompt: list[int], model: Model, spec: Spec) -> None:
    """Print a prompt and what the model writes after it."""
    from bench.probes.generate import GREEDY, continue_text, plain_text
    from bench.trial.streams import stream

    temperature = GREEDY if options.greedy else options.temperature or TEMPERATURE
    generator = stream("cpu", options.seed, "generate")
    try:
        written = continue_text(model, task, prompt, options.symbols or SYMBOLS, temperature, generator)
    except ValueError as error:
        raise past_its_reach(spec, error) from error
    print(plain_text(task, [*prompt, *written]))


def past_its_reach(spec: Spec, error: ValueError) -> RequestError:
    """Return the error for a model that cannot go on, as where a table of positions ends."""
    return RequestError(f"{spec.column} on {spec.row}: {error}")


def picture_path(options: argparse.Namespace) -> Path:
    """Return where the picture goes; an ending that is no picture's and a folder that cannot be are errors."""
    path: Path = options.plot or Path(re.sub(r"[^\w.()=,+-]", "_", f"{options.task}-{options.model}.png"))
    if path.suffix.lower() not in PICTURES:
        raise RequestError(f"cannot draw {str(path)!r}; its name must end with one of: {', '.join(PICTURES)}")
    writable(path.parent)
    return path


def draw_signal(options: argparse.Namespace, task: Task, model: Model, spec: Spec, device: str, path: Path) -> None:
    """Draw a signal that training never read and how the model continues it; print the picture's path."""
    from bench.probes.generate import continued_signal
    from bench.probes.show import nrmse
    from bench.records.store import write_atomically
    from bench.trial.streams import stream
    from bench.views.charts.panel import png_of, svg_of
    from bench.views.charts.signals import continuation_figure

    generator = stream("cpu", options.seed, "generate")
    try:
        one = continued_signal(model, task, options.symbols or SAMPLES, device, generator)
    except ValueError as error:
        raise past_its_reach(spec, error) from error
    shape = nrmse(task, one), getattr(task, "step", None)
    figure = continuation_figure(spec.row, spec.column, one.given, one.truth, one.written, *shape)
    write_atomically(path, svg_of(figure) if path.suffix.lower() == ".svg" else png_of(figure))
    print(shown(path))


def note(line: str) -> None:
    """Say something that is not part of the text."""
    print(line, file=sys.stderr, flush=True)
