"""Majority: always the most frequent symbol. A floor."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.dummy import DummyClassifier
from torch import Tensor

from models.base import Model, Space, State, UnsuitableError
from models.registry import register

SURE = 1.0  # any positive score: only the argmax is used


@register("majority")
class Majority(Model):
    """Predicts the most frequent target symbol everywhere (scikit-learn's DummyClassifier); fitted, not trained."""

    trainable = False

    def __init__(self, source: Space | None, target: Space) -> None:
        super().__init__()
        if not target.discrete:
            raise UnsuitableError("majority counts symbols; this task writes real values")
        self.size = target.size
        self.classifier = DummyClassifier(strategy="most_frequent")

    def fit(self, source: Tensor | None, source_length: Tensor, target: Tensor, mask: Tensor) -> None:
        """Count the real symbols of target (batch, time) under mask (batch, time)."""
        symbols = target[mask].cpu().numpy()
        self.classifier.fit(np.zeros((len(symbols), 1)), symbols)

    def begin(self, source: Tensor | None, source_length: Tensor) -> State:
        """Remember nothing."""
        return ()

    def decoder(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """Score the one symbol at every step: inputs (batch, time) -> (batch, time, size)."""
        symbol = int(self.classifier.predict(np.zeros((1, 1)))[0])
        scores = torch.zeros(*inputs.shape[:2], self.size, device=inputs.device)
        scores[..., symbol] = SURE
        return scores, state
