"""Reverse: emit the source string backwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from tasks.base import PAD, before, register
from tasks.strings.copy import Copy


@register("reverse")
@dataclass(frozen=True, kw_only=True)
class Reverse(Copy):
    """Emit the source string backwards, for example b a c -> c a b; settings and hold-out as in copy.

    After the reversal of Grefenstette et al. 2015 (arXiv 1506.02516), deterministic context-free in Deletang et al.
    2023 (arXiv 2207.02098).
    """

    automaton: ClassVar[str] = "deterministic context-free: one stack"

    def rewrite(self, source: Tensor, length: Tensor) -> Tensor:
        """Mirror each row within its length: source (batch, time), length (batch,) -> (batch, time)."""
        time = torch.arange(source.shape[1], device=source.device)
        mirrored = (length[:, None] - 1 - time).clamp(min=0)  # negative only past the end, which is padded next
        return source.gather(1, mirrored).masked_fill(~before(length, source.shape[1]), PAD)
