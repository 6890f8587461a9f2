"""The Transformer: what a learned table cannot hold."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from cases import SMALL_TASKS, inputs_of

from bench.checks.contracts import small_batch
from models import build
from models.base import Model
from tasks import Task

SYMBOLS, VALUES, TEXT = (SMALL_TASKS[kind] for kind in ("symbols", "values", "stream"))


def built(name: str, task: Task, **settings: Any) -> Model:
    torch.manual_seed(0)
    return build(name, task.source, task.target, **settings)


def test_a_position_past_the_learned_table_is_refused_and_says_what_to_set() -> None:
    model, batch = built("transformer", SYMBOLS, positions="learned", longest=4), small_batch(SYMBOLS)
    with pytest.raises(ValueError, match=r"set model\.longest above 4"):
        model(batch.source, batch.source_length, inputs_of(SYMBOLS, batch))
