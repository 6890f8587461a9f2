"""A decoder that is given its inputs in pieces, longer than any source."""

from __future__ import annotations

import torch
from cases import SMALL_TASKS, assert_close, inputs_of

from bench.checks.contracts import small_batch
from models.base import Model


def assert_pieces_equal_the_whole(model: Model) -> None:
    task = SMALL_TASKS["symbols"]
    batch = small_batch(task)
    inputs = torch.cat([inputs_of(task, batch), torch.randint(3, 6, (4, 9))], 1)
    with torch.no_grad():
        state, outputs = model.begin(batch.source, batch.source_length), []
        for piece in inputs.split([1, 4, 1, 2, inputs.shape[1] - 8], 1):
            made, state = model.decoder(piece, state)
            outputs.append(made)
        assert_close(torch.cat(outputs, 1), model(batch.source, batch.source_length, inputs))
