"""Examples of a task for people, and a trained model's predictions beside the truth."""

from __future__ import annotations

import torch
from rich.console import Console
from rich.text import Text

from bench.errors import RequestError
from bench.feed import rows_of
from bench.generate import free_running, lengths_with_stop
from bench.heldout_sets import evaluation_set
from bench.registry import build_task
from bench.spec import Spec
from bench.trial import run_trial
from models.base import Model
from tasks.base import FIRST_SYMBOL, STOP, Batch, Task

STREAM_SHOWN = 60  # symbols of a text


def show(console: Console, spec: Spec, length: int | None, count: int, with_model: bool, device: str) -> None:
    """Print `count` held-out examples of a length; with a model, train it by its recipe first and print its answers."""
    task = build_task(spec.task, spec.task_settings)
    lengths = [length] if length else sorted({min(task.inside_lengths), max(task.inside_lengths), max_shown(task)})
    if task.streams and length and length not in task.eval_lengths:
        raise RequestError(
            f"no text is named by length {length}; choose from: {', '.join(map(str, task.eval_lengths))}"
        )
    model = None
    if with_model:
        console.print(f"training {spec.column} on {spec.row}: {spec.steps} steps at most ...", highlight=False)
        model = run_trial(spec, 0, device, lambda look: None).model.eval()
    for each in lengths:
        console.print(f"[bold]{spec.row}[/], length {each}" + inside_note(task, each), highlight=False)
        if task.streams:
            show_text(console, task, each, model, device)
        else:
            show_rows(console, task, evaluation_set(task, each, count).batch, model)


def max_shown(task: Task) -> int:
    """The first evaluated length beyond training, or the longest."""
    return next((n for n in sorted(task.eval_lengths) if n > max(task.inside_lengths)), max(task.eval_lengths))


def inside_note(task: Task, length: int) -> str:
    """Say whether a length is inside training."""
    return " (inside training)" if length in task.inside_lengths else " (beyond training)"


def show_rows(console: Console, task: Task, batch: Batch, model: Model | None) -> None:
    """Print examples, one a line, and below each what the model writes: wrong symbols marked ^."""
    for row in range(len(batch.target)):
        console.print(f"  {task.show(batch, row)}", markup=False, highlight=False)
        if model is not None:
            with torch.no_grad():
                one = rows_of(batch, torch.tensor([row]))
                decoded = free_running(model, task, one, one.target.shape[1] + 2)
            console.print(answer(task, one, decoded))


def answer(task: Task, batch: Batch, decoded: torch.Tensor) -> Text:
    """Return what the model wrote for one example, differences from the truth in red and marked ^."""
    line = Text("  model: ")
    if not task.target.discrete:
        steps = batch.target.shape[1]
        error = task.loss(decoded[:, :steps], batch.target).mean().sqrt()
        shown = " ".join(f"{value:+.2f}" for value in decoded[0, :6, 0].tolist())
        return line.append(f"{shown} ...  NRMSE {100 * float(error):.2f} %")
    stops = bool((batch.target == STOP).any())
    written = decoded[0, : int(lengths_with_stop(decoded)[0])] if stops else decoded[0, : int(batch.target_length[0])]
    truth = batch.target[0, : int(batch.target_length[0])].tolist()
    for index, symbol in enumerate(written.tolist()):
        right = index < len(truth) and truth[index] == symbol
        name = task.text([symbol]) or "<pad>"
        line.append(f"{name} " if right else f"{name}^ ", style="" if right else "bold red")
    missing = len(truth) - len(written)
    return line.append(f"({missing} missing)", style="bold red") if missing > 0 else line


def show_text(console: Console, task: Task, length: int, model: Model | None, device: str) -> None:
    """Print the beginning of a text; with a model, mark each word that it does not foresee from those before it."""
    text = task.stream(length)[:STREAM_SHOWN]
    line = Text("  ")
    right = torch.ones(len(text), dtype=torch.bool)
    if model is not None:
        inputs = torch.cat([torch.ones(1, dtype=torch.long), text[:-1]])[None].to(device)
        with torch.no_grad():
            state = model.begin(None, torch.zeros(1, dtype=torch.long, device=device))
            outputs, _ = model.decoder(inputs, state)
        right = task.correct(outputs, text[None].to(device))[0].cpu()
    for symbol, foreseen in zip(text.tolist(), right.tolist(), strict=True):
        name = task.symbol(symbol - FIRST_SYMBOL)
        line.append(f"{name} " if foreseen else f"{name}^ ", style="" if foreseen else "bold red")
    console.print(line)
