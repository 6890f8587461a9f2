"""Examples of a task for people, and a trained model's predictions beside the truth."""

from __future__ import annotations

import math

import torch
from rich.console import Console
from rich.text import Text

from bench.probes.samples import TOKENS_KEPT, Sample, sample
from bench.spec.errors import RequestError
from bench.spec.spec import Spec
from bench.trial.build import build_task
from bench.trial.protocols import protocol_of
from models.base import Model
from tasks.base import Task
from tasks.text.language import Language


def show(console: Console, spec: Spec, length: int | None, count: int, model: Model | None, device: str) -> None:
    """Print `count` held-out examples of a length, or of some; where there is a model, its answers below each."""
    task = build_task(spec.task, spec.task_settings)
    named, protocol = protocol_of(task).named_lengths(task), protocol_of(task)
    usual = {min(task.inside_lengths), max(task.inside_lengths), first_beyond(task)}
    for each in [length] if length else named if len(named) == 1 else sorted(usual):
        language = protocol.language(task) if len(named) == 1 else None
        said = where(task, each) if language is None else part_shown(language, each)
        console.print(Text(spec.row, "bold").append(f", {said}", "not bold"), highlight=False)
        answers = protocol.answers(model, task, each, count, device) if model is not None else []
        for row, example in enumerate(protocol.examples(task, each, count)):
            console.print(f"  {example}", markup=False, highlight=False, soft_wrap=True)  # a line each, however long
            for answer in answers[row : row + 1]:
                console.print(written(task, sample(task, each, answer)), soft_wrap=True)


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
    longer = "beyond" if length > max(task.inside_lengths) else "shorter than"
    return f"length {length} ({'inside' if length in task.inside_lengths else longer} training)"


def part_shown(task: Language, length: int) -> str:
    """Say which part of the one text that is evaluated is shown."""
    whole = len(task.stream(length))
    part = f"the first {TOKENS_KEPT} of {whole:,}" if whole > TOKENS_KEPT else f"all {whole}"
    return f"{part} evaluated tokens{' (training reads them too)' * task.seen(length)}"


def written(task: Task, one: Sample[str] | Sample[float | None]) -> Text:
    """Return what the model wrote, differences from the truth in red and marked ^; of a text, that marked itself."""
    line = Text("  model: ")
    numbers = [value for value in one.written if not isinstance(value, str)]
    if numbers:
        shown = " ".join(f"{value:+.2f}" if value is not None else "overflow" for value in numbers[:6])
        return line.append(f"{shown} ...  NRMSE {100 * nrmse(task, one):.2f} %")
    for index, token in enumerate(one.written if one.given else one.truth):
        right = one.truth[index : index + 1] == one.written[index : index + 1]
        line.append(f"{token}{'' if right else '^'}{task.joint}", style="" if right else "bold red")
    missing = len(one.truth) - len(one.written)
    return line.append(f"({missing} missing)", style="bold red") if missing > 0 else line


def nrmse(task: Task, one: Sample[str] | Sample[float | None]) -> float:
    """Return the error of a continued signal, relative to the signal's standard deviation."""
    if None in one.written:
        return math.inf
    own, truth = (torch.tensor(values)[None, :, None] for values in (one.written, one.truth))
    return float(task.loss(own, truth).mean().sqrt())
