"""A choice between a few actions, made soft: every action is taken, each in part."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Choice(nn.Module):
    """softmax(scores / temperature); the last dimension holds the actions.

    noise: the standard deviation of what is added to each score in training only, so that a choice that must hold
    against it is made sharply. hard: in evaluation the best action is taken whole; training is soft all the same.
    """

    def __init__(self, temperature: float, noise: float, hard: bool) -> None:
        super().__init__()
        if not 0 < temperature < math.inf:
            raise ValueError(f"temperature must be above 0; got {temperature}")
        if not 0 <= noise < math.inf:
            raise ValueError(f"noise must be 0 or more; got {noise}")
        self.temperature = temperature
        self.noise = noise
        self.hard = hard

    def forward(self, scores: Tensor) -> Tensor:
        """Return the share of each action: scores (.., actions) -> (.., actions), none below 0, 1 in all."""
        if self.hard and not self.training:
            return F.one_hot(scores.argmax(-1), scores.shape[-1]).to(scores.dtype)
        if self.noise and self.training:
            scores = scores + self.noise * torch.randn_like(scores)
        return (scores / self.temperature).softmax(-1)
