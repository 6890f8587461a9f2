"""What the harness says of a string is what greedy decoding in plain Python says of it.

By default at short lengths. LENGTHWISE_WEIGHTS=results/runs/thousand/checkpoints, which `python -m bench run --suite
thousand --checkpoint` leaves, decodes strings of its own of the farthest length of every row with the kept weights.
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from plain_decode import a_string, answer, right

from bench.records.checkpoints import checkpoint_path
from bench.spec.spec import Spec
from bench.suites.suites import SUITES
from bench.trial.build import build_model, build_task
from bench.trial.evaluation_sets import evaluation_set
from bench.trial.protocols import protocol_of
from bench.trial.trial import run_trial
from models.base import Model
from tasks.base import Task

SPECS = SUITES["thousand"].specs
WEIGHTS = os.environ.get("LENGTHWISE_WEIGHTS", "")
SEEDS = 2  # half a minute a string of twenty thousand symbols


def plain_name(spec: Spec) -> str:
    return "addition(aligned)" if spec.task_settings.get("aligned") else spec.task


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.row} {spec.model}")
def test_plain_answers_are_those_of_the_task(spec: Spec) -> None:
    task, chance = build_task(spec.task, spec.task_settings), random.Random(0)
    for length in (1, 2, 7, 40):
        batch = task.sample(torch.full((20,), length), length, torch.Generator().manual_seed(length))
        assert batch.source is not None
        parts = (batch.source, batch.source_length, batch.target, batch.target_length)
        for source, size, target, end in zip(*(part.tolist() for part in parts), strict=True):
            assert answer(plain_name(spec), source[:size]) == target[:end]
        own = a_string(plain_name(spec), length, chance)
        assert len(own) in batch.source_length or plain_name(spec) == "addition"


def counted(model: Model, task: Task, name: str, length: int) -> tuple[int, int]:
    """How many of sixteen held-out strings are right by the harness's scoring, and by the plain decode."""
    batch = evaluation_set(task, length, 16).batch
    assert batch.source is not None
    sources = [row[:size].tolist() for row, size in zip(batch.source, batch.source_length, strict=True)]
    score = protocol_of(task).score(model, task, length, 16, "cpu", 0)
    return score.right, sum(right(model, name, source) for source in sources)


@pytest.mark.slow
def test_scoring_and_the_plain_decode_agree_on_strings_of_every_length() -> None:
    spec = next(spec for spec in SUITES["full"].specs if (spec.row, spec.model) == ("copy(1-5)", "location_attention"))
    models: list[Model] = []
    for steps in (25, 40):
        run_trial(replace(spec, steps=steps), 0, "cpu", lambda _: None, hand_over=lambda model, _: models.append(model))
    task = build_task(spec.task, spec.task_settings)
    for model in models:
        for length in (1, 2, 5, 10, 40):
            by_scoring, plainly = counted(model, task, "copy", length)
            assert by_scoring == plainly


@pytest.mark.slow
@pytest.mark.skipif(not WEIGHTS, reason="decodes kept weights: LENGTHWISE_WEIGHTS=results/runs/thousand/checkpoints")
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.row} {spec.model}")
def test_kept_weights_answer_at_the_farthest_length(spec: Spec) -> None:
    task = build_task(spec.task, spec.task_settings)
    model = build_model(spec.model, task, spec.model_settings)
    farthest, found = max(task.eval_lengths), dict[int, bool]()
    for seed in range(SEEDS):
        kept = torch.load(checkpoint_path(Path(WEIGHTS), spec, seed), weights_only=True)
        model.load_state_dict(kept["weights"])
        model.eval()
        source = a_string(plain_name(spec), farthest, random.Random(seed))
        found[seed] = right(model, plain_name(spec), source)
    assert found == dict.fromkeys(range(SEEDS), True)
