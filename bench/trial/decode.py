"""What a model writes: by itself, its own output read next, or symbol by symbol after a true text."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from bench.trial.losses import shift_right
from models.base import Model
from tasks.base import START, STOP, Batch, Task

CHUNK = 256  # symbols of a text read at once; bounds memory and changes no result


def free_running(model: Model, task: Task, batch: Batch, steps: int) -> Tensor:
    """Decode `steps` steps after the source, never reading the target.

    -> symbols (batch, steps), greedy, those after a stop symbol meaning nothing; or values (batch, steps, size)
    """
    decoder = model if hasattr(model, "begin") else Rereader(model, batch)
    state = decoder.begin(batch.source, batch.source_length)
    inputs, decoded = task.first_input(batch), []
    for _ in range(steps):
        outputs, state = decoder.decoder(inputs[:, None], state)
        inputs = outputs[:, 0].argmax(-1) if task.target.discrete else outputs[:, 0].to(batch.target.dtype)
        decoded.append(inputs)
    return torch.stack(decoded, 1)


class Rereader:
    """Steps through a model that has no decoder of its own: all that was written is read again at each step."""

    def __init__(self, model: Model, batch: Batch) -> None:
        self.model, self.batch = model, batch

    def begin(self, source: Tensor | None, source_length: Tensor) -> Tensor | None:
        """Return the state before the first step: nothing was read."""
        return None

    def decoder(self, inputs: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """Read one more step (batch, 1[, values]) -> its output (batch, 1, size), all that was read so far."""
        read = inputs if state is None else torch.cat([state, inputs], 1)
        return self.model(self.batch.source, self.batch.source_length, read)[:, -1:], read


def read_through(model: Model, inputs: Tensor) -> Iterator[tuple[int, Tensor]]:
    """Read texts (rows, time) from a fresh state with the state carried -> (first step, outputs (rows, some, size))."""
    state = model.begin(None, inputs.new_zeros(len(inputs)))
    for first in range(0, inputs.shape[1], CHUNK):
        outputs, state = model.decoder(inputs[:, first : first + CHUNK], state)
        yield first, outputs


def foreseen(model: Model, text: Tensor) -> Tensor:
    """Return the most likely symbol at every place of a text (1, time) given all before it -> (time,)."""
    inputs = shift_right(text, text.new_full((1,), START))
    return torch.cat([outputs[0].argmax(-1) for _, outputs in read_through(model, inputs)])


def lengths_with_stop(symbols: Tensor) -> Tensor:
    """Return each row's length up to its first STOP, that counted: (batch, time) -> (batch,), time where none stops."""
    stopped = (symbols == STOP).long()
    first = stopped.argmax(1) + 1
    return torch.where(stopped.any(1), first, symbols.shape[1])
