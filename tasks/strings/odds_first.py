"""Odds first: emit the symbols at odd places, then those at even places, then stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from tasks.base import PAD, before, register
from tasks.strings.copy import Copy
from tasks.strings.draw import FAR


@register("odds_first")
@dataclass(frozen=True, kw_only=True)
class OddsFirst(Copy):
    """Emit the first, third, fifth .. symbol, then the second, fourth .., and stop: c a d b -> c d a b <stop>.

    After Deletang et al. 2023 (arXiv 2207.02098), context-sensitive there. Settings, adversarial strings and hold-out
    as in copy.
    """

    automaton: ClassVar[str] = "context-sensitive: two queues, or a tape that is read twice"
    train_lengths: tuple[int, ...] = tuple(range(1, 21))
    eval_lengths: tuple[int, ...] = FAR
    symbols: int = 8
    stop: str = "once"

    def rewrite(self, source: Tensor, length: Tensor) -> Tensor:
        """Take every other symbol, then the others: source (batch, time), length (batch,) -> (batch, time)."""
        time = torch.arange(source.shape[1], device=source.device)
        odds = (length[:, None] + 1) // 2  # (batch, 1), how many places are odd, counted from 1
        place = torch.where(time < odds, 2 * time, 2 * (time - odds) + 1)
        inside = before(length, source.shape[1])
        return source.gather(1, place.masked_fill(~inside, 0)).masked_fill(~inside, PAD)
