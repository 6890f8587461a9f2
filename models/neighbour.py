"""Neighbour: the answer of the most similar training string. A trivial baseline that only remembers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.base import PAD, Model, Space, State, UnsuitableError
from models.registry import Family, register


class NeighbourState(NamedTuple):
    """The remembered answers (batch, time) and how many of their tokens were given, (batch,)."""

    answer: Tensor
    given: Tensor


class NearestAnswer(Model):
    """Gives the target of the training source at the smallest Hamming distance (scikit-learn)."""

    trainable = False

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def fit(self, source: Tensor | None, source_length: Tensor, target: Tensor, mask: Tensor) -> None:
        """Remember source (batch, source_time) and target (batch, target_time), real under mask."""
        self.sources = real_only(source, source_length)
        self.answers = target.masked_fill(~mask, PAD).cpu()

    def begin(self, source: Tensor | None, source_length: Tensor) -> State:
        """Look up each row's nearest training string; the shorter of the two counts as padded."""
        from sklearn.neighbors import NearestNeighbors  # takes longer to import than torch: only where it is used

        asked = real_only(source, source_length)
        width = max(asked.shape[1], self.sources.shape[1])
        search = NearestNeighbors(n_neighbors=1, algorithm="brute", metric="hamming")
        search.fit(widened(self.sources, width))
        found = search.kneighbors(widened(asked, width), return_distance=False) if len(asked) else asked
        nearest = torch.as_tensor(found[:, 0], dtype=torch.long)
        given = torch.zeros_like(source_length)
        return NeighbourState(self.answers[nearest].to(source_length.device), given)

    def decoder(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """Give the next tokens of the remembered answers: inputs (batch, time) -> scores (batch, time, size)."""
        assert isinstance(state, NeighbourState)
        steps = state.given[:, None] + torch.arange(inputs.shape[1], device=inputs.device)
        answer = F.pad(state.answer, (0, 1), value=PAD)
        tokens = answer.gather(1, steps.clamp(max=answer.shape[1] - 1))
        return F.one_hot(tokens, self.size).float(), state._replace(given=state.given + inputs.shape[1])


def real_only(source: Tensor | None, source_length: Tensor) -> NDArray[np.int64]:
    """Return source (batch, source_time) with nothing past each length."""
    assert source is not None
    past_end = torch.arange(source.shape[1], device=source.device) >= source_length[:, None]
    return source.masked_fill(past_end, PAD).cpu().numpy()


def widened(strings: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """Pad strings (rows, time) to (rows, width)."""
    return np.pad(strings, ((0, 0), (0, width - strings.shape[1])), constant_values=PAD)


@register("neighbour")
@dataclass(frozen=True, kw_only=True)
class Neighbour(Family):
    """Gives the target of the training source at the smallest Hamming distance (scikit-learn); fitted, not trained."""

    paper = "Cover and Hart 1967, Nearest neighbor pattern classification"
    inductive_bias = "a trivial baseline: the nearest training string"

    def build(self, source: Space | None, target: Space) -> Model:
        """Build it for sources of tokens."""
        if source is None or not source.discrete:
            raise UnsuitableError("neighbour compares source strings; this task has none")
        return NearestAnswer(target.size)
