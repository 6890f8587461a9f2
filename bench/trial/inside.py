"""A trial inside its training lengths: trained as any other, then judged on held-out examples of these lengths alone.

Settings are chosen by it. No evaluation set is drawn: strings and signals are judged on the validation set, which early
stopping reads too, and a text on the excerpt that its settings hold out.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from bench.spec.spec import Spec
from bench.trial.build import build_task
from bench.trial.evaluation_sets import validation_set
from bench.trial.metrics import Score
from bench.trial.protocols import protocol_of
from bench.trial.protocols.base import VALIDATION
from bench.trial.train import Training, Watch, trained_in_turns
from bench.trial.trial import data_seed, new_model
from bench.trial.turns import Turns
from models.base import Model
from tasks.base import Task


@dataclass(frozen=True)
class Inside:
    """How a training went and what it gave inside its training lengths; kind: as records call what is scored."""

    kind: str
    training: Training
    score: Score


def inside_in_turns(spec: Spec, seed: int, device: str, watch: Watch) -> Turns[Inside]:
    """Train a spec with one seed and judge it inside its training lengths, with a pause behind every training step."""
    task = build_task(spec.task, spec.task_settings)
    model = new_model(task, spec, seed, device)
    training = yield from trained_in_turns(model, task, spec, data_seed(spec, seed), device, watch, None)
    return Inside(protocol_of(task).kind(task), training, held_out_score(model, task, device))


def held_out_score(model: Model, task: Task, device: str) -> Score:
    """Score a model on held-out examples of training lengths; of a text, on the one excerpt that it has."""
    protocol = protocol_of(task)
    model.eval()
    excerpts = protocol.named_lengths(task)
    if not excerpts:
        with torch.no_grad():
            return protocol.score_batch(model, task, validation_set(task, VALIDATION), True, device)
    (excerpt,) = excerpts
    return protocol.score(model, task, excerpt, 1, device)
