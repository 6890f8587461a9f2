"""Examples of a task for people, and a trained model's predictions beside the truth."""

from __future__ import annotations

import math

import torch
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from bench.analysis.summary import split_of
from bench.probes.samples import Sample, sample, symbols_of_text, text_sample
from bench.spec.errors import RequestError
from bench.spec.spec import Spec
from bench.trial.batches import is_text
from bench.trial.build import build_task
from bench.trial.evaluation_sets import evaluation_set
from models.base import Model
from tasks.base import Task
from tasks.text.corpus import CorpusTask
from tasks.text.language import Language


def show(console: Console, spec: Spec, length: int | None, count: int, model: Model | None, device: str) -> None:
    """Print `count` held-out examples of a length, or of some; where there is a model, its answers below each."""
    task = build_task(spec.task, spec.task_settings)
    if isinstance(task, CorpusTask):
        shown, judged = len(symbols_of_text(task, 0)), len(task.judged_text())
        part = f"the first {shown} of {judged:,} judged symbols" if shown < judged else f"all {judged} judged symbols"
        note = " (training reads them too)" if task.seen(max(task.eval_lengths)) else ""
        console.print(f"[bold]{escape(spec.row)}[/], {part}{note}", highlight=False)
        show_text(console, task, max(task.eval_lengths), model, device)
        return
    lengths = [length] if length else sorted({min(task.inside_lengths), max(task.inside_lengths), max_shown(task)})
    for each in lengths:
        console.print(f"[bold]{escape(spec.row)}[/], length {each}" + inside_note(task, each), highlight=False)
        if is_text(task):
            show_text(console, task, each, model, device)
        else:
            show_rows(console, task, each, count, model, device)


def check_length(task: Task, length: int | None) -> None:
    """Raise where a length that was given names nothing that can be shown."""
    if length is None or not is_text(task):
        return
    if isinstance(task, CorpusTask):
        raise RequestError(f"--length {length} means nothing for task {task.name!r}: it has one judged text to show")
    if length not in task.eval_lengths:
        choices = ", ".join(map(str, task.eval_lengths))
        raise RequestError(f"no text is named by length {length}; choose from: {choices}")


def max_shown(task: Task) -> int:
    """The first evaluated length beyond training, or the longest."""
    return next((n for n in sorted(task.eval_lengths) if n > max(task.inside_lengths)), max(task.eval_lengths))


def inside_note(task: Task, length: int) -> str:
    """Say where a length lies."""
    places = {"train": "inside training", "beyond": "beyond training", "shorter": "shorter than training"}
    return f" ({places[split_of(length, task.inside_lengths)]})"


def show_rows(console: Console, task: Task, length: int, count: int, model: Model | None, device: str) -> None:
    """Print examples, one a line, and below each what the model writes: wrong symbols marked ^."""
    batch = evaluation_set(task, length, count).batch
    for row in range(len(batch.target)):
        console.print(f"  {task.show(batch, row)}", markup=False, highlight=False)
        if model is not None:
            console.print(answer(task, sample(model, task, batch, row, length, device)))


def answer(task: Task, one: Sample) -> Text:
    """Return what the model wrote for one example, differences from the truth in red and marked ^."""
    line = Text("  model: ")
    if not task.target.discrete:
        shown = " ".join(f"{value:+.2f}" if value is not None else "overflow" for value in one.written[:6])
        return line.append(f"{shown} ...  NRMSE {100 * nrmse(task, one):.2f} %")
    for index, symbol in enumerate(one.written):
        right = index < len(one.truth) and one.truth[index] == symbol
        line.append(f"{symbol} " if right else f"{symbol}^ ", style="" if right else "bold red")
    missing = len(one.truth) - len(one.written)
    return line.append(f"({missing} missing)", style="bold red") if missing > 0 else line


def nrmse(task: Task, one: Sample) -> float:
    """Return the error of a continued signal, relative to the signal's standard deviation."""
    if None in one.written:
        return math.inf
    written, truth = (torch.tensor(values)[None, :, None] for values in (one.written, one.truth))
    return float(task.loss(written, truth).mean().sqrt())


def show_text(console: Console, task: Language, length: int, model: Model | None, device: str) -> None:
    """Print the beginning of a text; with a model, mark each word that it does not foresee from those before it."""
    truth = symbols_of_text(task, length)
    written = text_sample(model, task, length, device).written if model is not None else truth
    line = Text("  ")
    for name, foreseen in zip(truth, written, strict=True):
        shown = name if name == foreseen else f"{name}^"
        line.append(f"{shown}{task.joint}", style="" if name == foreseen else "bold red")
    console.print(line)
