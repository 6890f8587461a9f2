"""What an evaluation gives: counts and errors of one model at one length."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

SPANS = 24  # parts of a target, at most, by which errors are told apart


@dataclass(frozen=True)
class Score:
    """What one model did at one length.

    right of examples: free-running exact match, EOS included (values: sequences whose NRMSE is in tolerance)
    tokens_right of tokens: given the true tokens before each (values: free-running steps within the tolerance)
    stopped_wrong: of the wrong ones, those that are right once the true length is forced (Newman et al. 2020)
    unseen: False where the examples are ones that training saw
    errors_at: share of tokens wrong given the true ones before (values: free-running NRMSE) in equal spans of the
        target, first to last; None where a span is padding alone, or its error has overflowed
    nrmse, next_step_nrmse: error relative to the signal's standard deviation, free-running and given the true past
    nats: of a text, the mean cross-entropy of a token, in nats
    """

    examples: int
    right: int
    tokens: int
    tokens_right: int
    stopped_wrong: int
    unseen: bool
    errors_at: tuple[float | None, ...]
    nrmse: float | None = None
    next_step_nrmse: float | None = None
    nats: float | None = None


Counts = dict[str, int]  # examples; right, EOS included; stopped_wrong: right but for the length


def read(*counted: Tensor) -> list[Tensor]:
    """Return on the CPU what was counted: an evaluation waits for its device here, at its end, and nowhere before."""
    return [each.cpu() for each in counted]


class ErrorByPosition:
    """Mean errors over the time steps of a target, gathered in at most SPANS equal spans."""

    def __init__(self, time: int, device: str) -> None:
        count = min(SPANS, time)
        self.span = torch.arange(time, device=device) * count // time
        self.sums = torch.zeros(count, dtype=torch.float64, device=device)
        self.counts = torch.zeros_like(self.sums)

    def add(self, values: Tensor, counts: Tensor) -> None:
        """Add the sums of some rows at each step: values (time,), over so many rows counts (time,); padding is cut."""
        self.sums.index_add_(0, self.span, values[: len(self.span)].double())
        self.counts.index_add_(0, self.span, counts[: len(self.span)].double())

    def means(self) -> tuple[float | None, ...]:
        """Return the mean of each span, rounded to four digits; None where nothing was counted or it overflowed."""
        sums, counts = read(self.sums, self.counts)
        return tuple(
            finite(float(f"{total / count:.4g}")) if count else None
            for total, count in zip(sums.tolist(), counts.tolist(), strict=True)
        )


def finite(value: float) -> float | None:
    """Return a number that JSON can hold, None for NaN and infinity."""
    return value if math.isfinite(value) else None
