"""Examples of a task for people, and a trained model's predictions beside the truth."""

from __future__ import annotations

import math

import torch
from rich.console import Console
from rich.text import Text

from bench.probes.samples import TOKENS_KEPT, Sample, names, sample
from bench.spec.errors import RequestError
from bench.spec.spec import Spec
from bench.trial.build import build_task
from bench.trial.evaluation_sets import evaluation_set
from bench.trial.protocols import protocol_of
from models.base import Model
from tasks.base import Task
from tasks.text.language import Language


def show(console: Console, spec: Spec, length: int | None, count: int, model: Model | None, device: str) -> None:
    """Print `count` held-out examples of a length, or of some; where there is a model, its answers below each."""
    task = build_task(spec.task, spec.task_settings)
    language, named = protocol_of(task).language(task), protocol_of(task).named_lengths(task)
    usual = {min(task.inside_lengths), max(task.inside_lengths), first_beyond(task)}
    for each in [length] if length else named if len(named) == 1 else sorted(usual):
        said = f", length {each} ({where(task, each)})"
        if language is not None and len(named) == 1:
            said = f", {part_shown(language, each)}"
        console.print(Text(spec.row, "bold").append(said, "not bold"), highlight=False)
        if language is None:
            show_rows(console, task, each, count, model, device)
        else:
            show_text(console, language, each, model, device)


def check_length(task: Task, length: int | None) -> None:
    """Raise where a length that was given names nothing that can be shown."""
    named = protocol_of(task).named_lengths(task)
    if length is None or not named:
        return
    if len(named) == 1:
        raise RequestError(f"--length {length} means nothing for task {task.name!r}: it has one evaluated text to show")
    if length not in named:
        raise RequestError(f"no text is named by length {length}; choose from: {', '.join(map(str, named))}")


def first_beyond(task: Task) -> int:
    """Return the first evaluated length beyond training, or the longest."""
    return next((n for n in sorted(task.eval_lengths) if n > max(task.inside_lengths)), max(task.eval_lengths))


def where(task: Task, length: int) -> str:
    """Say how a length stands to those of training."""
    if length in task.inside_lengths:
        return "inside training"
    return "beyond training" if length > max(task.inside_lengths) else "shorter than training"


def part_shown(task: Language, length: int) -> str:
    """Say which part of the one text that is evaluated is shown."""
    whole = len(task.stream(length))
    part = f"the first {TOKENS_KEPT} of {whole:,}" if whole > TOKENS_KEPT else f"all {whole}"
    return f"{part} evaluated tokens{' (training reads them too)' * task.seen(length)}"


def show_rows(console: Console, task: Task, length: int, count: int, model: Model | None, device: str) -> None:
    """Print examples, one a line, and below each what the model writes: wrong tokens marked ^."""
    batch = evaluation_set(task, length, count).batch
    answers = protocol_of(task).answers(model, task, length, count, device) if model is not None else []
    for row in range(len(batch.target)):
        console.print(f"  {task.show(batch, row)}", markup=False, highlight=False)
        for answer in answers[row : row + 1]:
            console.print(written(task, sample(task, length, answer)))


def written(task: Task, one: Sample) -> Text:
    """Return what the model wrote for one example, differences from the truth in red and marked ^."""
    line = Text("  model: ")
    numbers = [value for value in one.written if not isinstance(value, str)]
    if numbers:
        shown = " ".join(f"{value:+.2f}" if value is not None else "overflow" for value in numbers[:6])
        return line.append(f"{shown} ...  NRMSE {100 * nrmse(task, one):.2f} %")
    for index, token in enumerate(one.written):
        right = index < len(one.truth) and one.truth[index] == token
        line.append(f"{token} " if right else f"{token}^ ", style="" if right else "bold red")
    missing = len(one.truth) - len(one.written)
    return line.append(f"({missing} missing)", style="bold red") if missing > 0 else line


def nrmse(task: Task, one: Sample) -> float:
    """Return the error of a continued signal, relative to the signal's standard deviation."""
    if None in one.written:
        return math.inf
    own, truth = (torch.tensor(values)[None, :, None] for values in (one.written, one.truth))
    return float(task.loss(own, truth).mean().sqrt())


def show_text(console: Console, task: Language, length: int, model: Model | None, device: str) -> None:
    """Print the beginning of a text; with a model, mark each token that it does not predict from those before it."""
    truth = predicted = names(task, task.stream(length)[:TOKENS_KEPT])
    if model is not None:
        (answer,) = protocol_of(task).answers(model, task, length, 1, device)
        predicted = names(task, answer.written)
    line = Text("  ")
    for name, own in zip(truth, predicted, strict=True):
        line.append(f"{name if name == own else f'{name}^'}{task.joint}", style="" if name == own else "bold red")
    console.print(line)
