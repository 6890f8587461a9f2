"""What a decoder's memory does while it writes one example: where attention stands, how deep a stack is."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from bench.probes.samples import names
from bench.trial.batches import on
from bench.trial.losses import shift_right
from bench.trial.metrics import finite
from bench.trial.protocols import protocol_of
from models.base import Model
from tasks.base import Batch, Task

FARTHEST = 200  # tokens of the longest example kept


@dataclass(frozen=True)
class Trace:
    """One example: the source, what the model wrote given the truth before, and numbers after every step by name."""

    length: int
    source: list[str]
    written: list[str]
    series: dict[str, list[float | None]]


def kept_traces(model: Model, task: Task, device: str) -> list[Trace]:
    """Return one example of strings at the longest training length and one far beyond, of a model that is traced."""
    if not model.traced:
        return []
    edge = max(task.inside_lengths)
    beyond = [length for length in task.eval_lengths if edge < length <= FARTHEST]
    batches = {length: protocol_of(task).strings(task, 1, length) for length in sorted({edge, *beyond[-1:]})}
    model.eval()
    with torch.no_grad():
        return [trace(model, task, length, on(device, one)) for length, one in batches.items() if one is not None]


def trace(model: Model, task: Task, length: int, batch: Batch) -> Trace:
    """Step through an example of one length, given the true tokens before each."""
    assert batch.source is not None
    state = model.begin(batch.source, batch.source_length)
    written, series = [], dict[str, list[float | None]]()
    inputs = shift_right(batch.target, task.first_input(batch))
    for one in inputs.unbind(1):
        outputs, state = model.decoder(one[:, None], state)
        written.append(outputs[0, 0].argmax())
        for name, values in model.trace(state).items():
            series.setdefault(name, []).append(finite(round(float(values[0]), 3)))
    source = batch.source[0, : int(batch.source_length[0])]
    return Trace(length, names(task, source), names(task, torch.stack(written)), series)
