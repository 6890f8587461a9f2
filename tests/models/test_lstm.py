"""The LSTM: what it hands to a decoder of another kind."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from cases import SMALL_TASKS

from bench.checks.contracts import small_batch
from models import build
from models.base import Model
from tasks import Task

SYMBOLS, VALUES, TEXT = (SMALL_TASKS[kind] for kind in ("symbols", "values", "stream"))


IDS, HIDDEN, LONGEST = 6, 8, 5  # three reserved ids and three symbols; the longest training source


def built(name: str, task: Task, **settings: Any) -> Model:
    torch.manual_seed(0)
    return build(name, task.source, task.target, **settings)


@pytest.mark.parametrize("cell", ["gru", "rnn"])
def test_an_lstm_hands_its_output_to_a_decoder_of_another_kind(cell: str) -> None:
    model, batch = built("lstm", SYMBOLS, hidden=HIDDEN, decoder_cell=cell, layers=2), small_batch(SYMBOLS)
    memory = model.encoder(batch.source, batch.source_length)
    for given, final in zip(model.begin(batch.source, batch.source_length).layers, memory.final, strict=True):
        assert final.shape[0] == 2
        assert torch.equal(given, final[:1])
