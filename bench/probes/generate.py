"""What a trained model writes by itself: a text after a prompt, drawn token by token, or the rest of a signal."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from bench.probes.samples import Sample, rounded
from bench.spec.errors import RequestError, WorkError
from bench.trial.batches import on
from bench.trial.decode import free_running
from bench.trial.holdout import held_out
from models.base import Model
from tasks.base import BOS, EOS, FIRST_TOKEN, PAD, Task
from tasks.text.language import Language

GREEDY = 0.0  # the temperature at which only the most likely token is left
DRAWS = 256  # of a signal, until one is held out; there is hardly a task that needs so many


def continue_text(
    model: Model, task: Language, prompt: Sequence[int], tokens: int, temperature: float, generator: torch.Generator
) -> list[int]:
    """Read BOS and a prompt, then write so many tokens: each is drawn, and is what the model reads next.

    Drawn from softmax(scores / temperature) on the CPU, so a seed draws alike on every device; GREEDY draws nothing.
    """
    model.eval()
    weight = next(iter(model.parameters()), torch.zeros(()))
    silent = torch.tensor(never_written(task))
    read = [BOS, *prompt]
    with torch.no_grad():
        state = model.begin(None, torch.zeros(1, dtype=torch.long, device=weight.device))
        for step in range(len(prompt) + tokens):
            outputs, state = model.decoder(torch.tensor([[read[step]]], device=weight.device), state)
            if step >= len(prompt):
                scores = outputs[0, -1].double().cpu().index_fill(0, silent, -math.inf)
                read.append(chosen(scores, temperature, generator))
    return read[1 + len(prompt) :]


def never_written(task: Language) -> list[int]:
    """Return the ids that stand for nothing in the training text: PAD, BOS, the EOS and unknown ones it has not."""
    text = task.training_text()
    marks = [EOS] if task.unknown is None else [EOS, task.unknown]
    return [PAD, BOS, *(mark for mark in marks if not bool((text == mark).any()))]


def chosen(scores: Tensor, temperature: float, generator: torch.Generator) -> int:
    """Draw one token by its score (size,), minus infinity for those that are not to be drawn."""
    best = scores.max()  # NaN if any is
    if not best.isfinite():
        raise WorkError("the model's scores are no finite numbers: its training diverged")
    if temperature == GREEDY:
        return int(scores.argmax())
    shares = ((scores - best) / temperature).softmax(0)
    return int(torch.multinomial(shares, 1, generator=generator))


def read_prompt(task: Language, prompt: str) -> list[int]:
    """Return the ids of what a person typed; an error names all tokens that the task does not have."""
    tokens = [task.symbol(index) for index in range(task.target.size - FIRST_TOKEN)]
    ids = {name: FIRST_TOKEN + index for index, name in enumerate(tokens)}
    ids = {name: token for name, token in ids.items() if token != task.unknown}
    typed = task.split(prompt)
    strange = dict.fromkeys(token for token in typed if token not in ids)
    if strange:
        named = ", ".join(map(repr, strange))
        raise RequestError(f"cannot read the prompt: task {task.name} has no symbol {named}; it knows {task.known()}")
    return [ids[token] for token in typed]


def plain_text(task: Language, ids: Sequence[int]) -> str:
    """Return tokens as the task joins them; an EOS is the end of a line."""
    lines: list[list[str]] = [[]]
    for token in ids:
        if token == EOS:
            lines.append([])
        else:
            lines[-1].append(task.symbol(token - FIRST_TOKEN))
    return "\n".join(task.joint.join(line) for line in lines)


def continued_signal(
    model: Model, task: Task, steps: int, device: str, generator: torch.Generator
) -> Sample[float | None]:
    """Draw a signal that training never read, and how a model continues it."""
    drawn = (task.sample(torch.tensor([steps]), steps, generator) for _ in range(DRAWS))
    batch = next((one for one in drawn if (held := held_out(one)) is None or bool(held)), None)
    if batch is None:
        raise WorkError(f"{DRAWS} signals drawn from task {task.name!r} were all ones that training reads")
    assert batch.source is not None
    with torch.no_grad():
        written = free_running(model, task, on(device, batch), steps)[0].cpu()
    return Sample(steps, rounded(batch.source[0]), rounded(batch.target[0]), rounded(written))
