"""What a decoder's memory does while it writes one example: where attention stands, how deep a stack is."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from bench.probes.samples import names
from bench.trial.evaluation_sets import evaluation_set
from bench.trial.losses import shift_right
from bench.trial.metrics import finite
from models.base import Model
from tasks.base import Task

FARTHEST = 200  # symbols of the longest example kept


@dataclass(frozen=True)
class Trace:
    """One example: the source, what the model wrote given the truth before, and numbers after every step by name."""

    length: int
    source: list[str]
    written: list[str]
    series: dict[str, list[float | None]]


def kept_traces(model: Model, task: Task, device: str) -> list[Trace]:
    """Return one example at the longest training length and one far beyond, of a decoder that has `trace`."""
    if task.source is None or not task.target.discrete or not hasattr(getattr(model, "decoder", None), "trace"):
        return []
    edge = max(task.inside_lengths)
    beyond = [length for length in task.eval_lengths if edge < length <= FARTHEST]
    model.eval()
    with torch.no_grad():
        return [trace(model, task, length, device) for length in sorted({edge, *beyond[-1:]})]


def trace(model: Model, task: Task, length: int, device: str) -> Trace:
    """Step through the first held-out example of one length, given the true symbols before each."""
    batch = evaluation_set(task, length, 1).batch
    assert batch.source is not None
    state = model.begin(batch.source.to(device), batch.source_length.to(device))
    written, series = [], dict[str, list[float | None]]()
    inputs = shift_right(batch.target, task.first_input(batch)).to(device)
    for one in inputs.unbind(1):
        outputs, state = model.decoder(one[:, None], state)
        written.append(outputs[0, 0].argmax())
        for name, values in model.decoder.trace(state).items():
            series.setdefault(name, []).append(finite(round(float(values[0]), 3)))
    source = batch.source[0, : int(batch.source_length[0])]
    return Trace(length, names(task, source), names(task, torch.stack(written).cpu()), series)
