"""How answers end: with an EOS token, without, or with as many as fill the width."""

from __future__ import annotations

import torch
from torch import Tensor

from tasks.base import EOS, PAD, Batch

STOPS = ("none", "once", "padded")


def append_eos(target: Tensor, length: Tensor) -> Tensor:
    """Put EOS behind each row: target (batch, time), length (batch,) -> (batch, time + 1)."""
    wider = torch.nn.functional.pad(target, (0, 1), value=PAD)
    return wider.scatter(1, length[:, None], EOS)


def rewritten(source: Tensor, length: Tensor, target: Tensor, stop: str) -> Batch:
    """Pair source and target strings (batch, time) of one length (batch,), ended as `stop` says.

    "none": no EOS, the output is as long as the input. "once": one EOS, scored. "padded": EOS fills the width and all
    of them are scored, so that scores depend on how wide the batch is (kept to show what that inflates).
    """
    if stop == "none":
        return Batch(source, length, target, length)
    stopped = append_eos(target, length)
    if stop == "once":
        return Batch(source, length, stopped, length + 1)
    filled = stopped.masked_fill(stopped == PAD, EOS)
    return Batch(source, length, filled, torch.full_like(length, filled.shape[1]))
