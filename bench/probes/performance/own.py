"""The suite's own training step and evaluation, as `bench.trial.train` does them, to be timed and looked into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import islice

import torch

from bench.spec.spec import Spec
from bench.trial.batches import Step
from bench.trial.build import build_model, build_task
from bench.trial.metrics import Score
from bench.trial.optimisers import rate
from bench.trial.protocols import protocol_of
from bench.trial.step import PlainSteps
from models import MODELS
from models.layers import kernels

SEED = 0


class Trained:
    """A pair that takes the same training steps over and over, by its recipe: data, gradient, clipping, optimiser."""

    def __init__(self, spec: Spec, steps: int, compiled: bool = True) -> None:
        torch.manual_seed(SEED)
        self.spec, self.steps, self.compiled = spec, steps, compiled
        self.task = build_task(spec.task, spec.task_settings)
        self.model = build_model(spec.model, self.task, spec.model_settings)
        self.take = PlainSteps(self.model, self.task, spec)
        self.protocol = protocol_of(self.task)

    @property
    def body(self) -> AbstractContextManager[None]:
        """Kernels in C, or torch in their place."""
        return nullcontext() if self.compiled else kernels.switched_off()

    @property
    def hidden(self) -> int:
        """How wide the family's state is."""
        family = MODELS[self.spec.model](**self.spec.model_settings)
        return int(getattr(family, "hidden", 0))

    def batches(self) -> Iterator[Step]:
        """Yield the data of a round's steps, in every round the same."""
        return islice(self.protocol.batches(self.task, self.spec, SEED, "cpu"), self.steps)

    def train(self) -> list[float]:
        """Take a round's steps -> their losses."""
        self.model.train()
        losses = []
        with self.body:
            for number, step in enumerate(self.batches()):
                share = rate(min(self.spec.warmup, self.spec.steps - 1) + number, self.spec)
                losses.append(self.take(step, None, share)[0])
        return [float(loss) for loss in losses]

    def evaluate(self, examples: int) -> Score:
        """Score so many strings of the longest training length."""
        with self.body:
            return self.protocol.score(self.model, self.task, max(self.task.train_lengths), examples, "cpu")

    def tokens(self) -> float:
        """Return how many tokens the strings of a step hold, in the mean."""
        return sum(real_tokens(step) for step in self.batches()) / self.steps


def real_tokens(step: Step) -> int:
    """Count a step's tokens, sources and targets; padding is left out."""
    return int(step.batch.source_length.sum() + step.batch.target_length.sum())
