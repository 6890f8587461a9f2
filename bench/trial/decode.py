"""What a model writes by itself, step by step, and how it stands to one pass given the truth."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from models.base import Model
from tasks.base import EOS, Batch, Task


def free_running(model: Model, task: Task, batch: Batch, steps: int) -> Tensor:
    """Decode `steps` steps after the source, never reading the target.

    -> tokens (batch, steps), greedy, those after an EOS meaning nothing; or values (batch, steps, size)
    """
    state = model.begin(batch.source, batch.source_length)
    inputs, decoded = task.first_input(batch), []
    for _ in range(steps):
        outputs, state = model.decoder(inputs[:, None], state)
        inputs = outputs[:, 0].to(batch.target.dtype) if batch.target.is_floating_point() else outputs[:, 0].argmax(-1)
        decoded.append(inputs)
    return torch.stack(decoded, 1)


def shortfall(outputs: Tensor, written: Tensor, truth: Tensor) -> Tensor:
    """How far below its best score a pass given the truth puts what decoding wrote, as a share of that score.

    outputs (batch, time, size), written and truth (batch, time) -> (batch, time), 0 once decoding left the truth: it
    has read something else then. Above a tolerance, decoding is not what the pass says it is.
    """
    best = outputs.amax(-1)
    missing = (best - outputs.gather(-1, written[..., None])[..., 0]) / best.abs().clamp(min=1)
    read_alike = F.pad((written == truth).long().cumprod(1)[:, :-1], (1, 0), value=1)
    return missing.where(read_alike.bool(), 0.0)


def lengths_with_stop(tokens: Tensor) -> Tensor:
    """Return each row's length up to its first EOS, that counted: (batch, time) -> (batch,), time where none stops."""
    stopped = (tokens == EOS).long()
    first = stopped.argmax(1) + 1
    return torch.where(stopped.any(1), first, tokens.shape[1])
