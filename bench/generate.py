"""Free-running generation: the decoder reads its own output, one step at a time."""

from __future__ import annotations

import torch
from torch import Tensor

from models.base import Model
from tasks.base import STOP, Batch, Task


def free_running(model: Model, task: Task, batch: Batch, steps: int) -> Tensor:
    """Decode `steps` steps after the source, never reading the target.

    -> symbols (batch, steps), greedy, those after a stop symbol meaning nothing; or values (batch, steps, size)
    """
    state = model.begin(batch.source, batch.source_length)
    inputs, decoded = task.first_input(batch), []
    for _ in range(steps):
        outputs, state = model.decoder(inputs[:, None], state)
        inputs = outputs[:, 0].argmax(-1) if task.target.discrete else outputs[:, 0].to(batch.target.dtype)
        decoded.append(inputs)
    return torch.stack(decoded, 1)


def lengths_with_stop(symbols: Tensor) -> Tensor:
    """Return each row's length up to its first STOP, that counted: (batch, time) -> (batch,), time where none stops."""
    stopped = (symbols == STOP).long()
    first = stopped.argmax(1) + 1
    return torch.where(stopped.any(1), first, symbols.shape[1])
