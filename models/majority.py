"""Majority: always the most frequent symbol. A floor."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.dummy import DummyClassifier
from torch import Tensor, nn

from models.base import Space, UnsuitableError, register

SURE = 1.0  # any positive score: only the argmax is used


@register("majority")
class Majority(nn.Module):
    """Predicts the most frequent target symbol everywhere (scikit-learn's DummyClassifier); fitted, not trained."""

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

    def begin(self, source: Tensor | None, source_length: Tensor) -> tuple[()]:
        """Remember nothing."""
        return ()

    def decoder(self, inputs: Tensor, state: tuple[()]) -> tuple[Tensor, tuple[()]]:
        """Score the one symbol at every step: inputs (batch, time) -> (batch, time, size)."""
        symbol = int(self.classifier.predict(np.zeros((1, 1)))[0])
        scores = torch.zeros(*inputs.shape[:2], self.size, device=inputs.device)
        scores[..., symbol] = SURE
        return scores, state

    def forward(self, source: Tensor | None, source_length: Tensor, target_in: Tensor) -> Tensor:
        """Score every step: target_in (batch, time) -> (batch, time, size)."""
        return self.decoder(target_in, ())[0]
