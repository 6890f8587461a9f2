"""Majority: always the most frequent token. A trivial baseline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.base import Model, Space, State, UnsuitableError
from models.registry import Family, register

SURE = 1.0  # any positive score: only the argmax is used


class MostFrequent(Model):
    """Scores the most frequent token of `size` ids (scikit-learn's DummyClassifier)."""

    trainable = False

    def __init__(self, size: int) -> None:
        from sklearn.dummy import DummyClassifier  # takes longer to import than torch: only where it is used

        super().__init__()
        self.size = size
        self.classifier = DummyClassifier(strategy="most_frequent")

    def fit(self, source: Tensor | None, source_length: Tensor, target: Tensor, mask: Tensor) -> None:
        """Count the real tokens of target (batch, time) under mask (batch, time)."""
        tokens = target[mask].cpu().numpy()
        self.classifier.fit(np.zeros((len(tokens), 1)), tokens)

    def begin(self, source: Tensor | None, source_length: Tensor) -> State:
        """Remember nothing."""
        return ()

    def decoder(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """Score the one token at every step: inputs (batch, time) -> (batch, time, size)."""
        token = int(self.classifier.predict(np.zeros((1, 1)))[0])
        scores = torch.zeros(*inputs.shape[:2], self.size, device=inputs.device)
        scores[..., token] = SURE
        return scores, state


@register("majority")
@dataclass(frozen=True, kw_only=True)
class Majority(Family):
    """Predicts the most frequent target token everywhere (scikit-learn's DummyClassifier); fitted, not trained."""

    inductive_bias = "a trivial baseline: the commonest answer"

    def build(self, source: Space | None, target: Space) -> Model:
        """Build it for a target of tokens."""
        if not target.discrete:
            raise UnsuitableError("majority counts tokens; this task writes real values")
        return MostFrequent(target.size)
