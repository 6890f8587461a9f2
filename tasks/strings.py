"""Random strings and stop symbols, shared by the tasks that rewrite a string."""

from __future__ import annotations

import torch
from torch import Tensor

from tasks.base import FIRST_SYMBOL, PAD, STOP, Batch, before


def draw_strings(length: Tensor, max_length: int, symbols: int, generator: torch.Generator) -> Tensor:
    """Draw strings, each symbol uniform: length (batch,) -> (batch, max_length), PAD past each length."""
    shape, device = (len(length), max_length), generator.device
    drawn = torch.randint(FIRST_SYMBOL, FIRST_SYMBOL + symbols, shape, generator=generator, device=device)
    return drawn.masked_fill(~before(length, max_length), PAD)


def append_stop(target: Tensor, length: Tensor) -> Tensor:
    """Put STOP behind each row: target (batch, time), length (batch,) -> (batch, time + 1)."""
    wider = torch.nn.functional.pad(target, (0, 1), value=PAD)
    return wider.scatter(1, length[:, None], STOP)


def rewritten(source: Tensor, length: Tensor, target: Tensor, stop: str) -> Batch:
    """Pair source and target strings (batch, time) of one length (batch,), ended as `stop` says.

    "none": no stop symbol, the output is as long as the input. "once": one stop symbol, scored. "padded": stop symbols
    fill the width and all are scored, so that scores depend on how wide the batch is (kept to show what that inflates).
    """
    if stop == "none":
        return Batch(source, length, target, length)
    stopped = append_stop(target, length)
    if stop == "once":
        return Batch(source, length, stopped, length + 1)
    filled = stopped.masked_fill(stopped == PAD, STOP)
    return Batch(source, length, filled, torch.full_like(length, filled.shape[1]))


def check_choice(field: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise unless the setting's value is one of the choices."""
    if value not in choices:
        raise ValueError(f"unknown {field} {value!r}; choose from: {', '.join(choices)}")


def check_at_least(field: str, value: int, least: int) -> None:
    """Raise unless the setting is large enough."""
    if value < least:
        raise ValueError(f"{field} must be {least} or more; got {value}")


STOPS = ("none", "once", "padded")
