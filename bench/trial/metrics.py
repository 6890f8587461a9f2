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
    rule: by which fewer strings were judged than asked for, see bench/trial/looks.py; "" for none
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
    rule: str = ""


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


class Tally:
    """What is counted of strings, some rows at a time, of targets up to a number of steps.

    right, stopped_wrong: of each row so far, see `Score`
    """

    def __init__(self, time: int, device: str) -> None:
        self.errors = ErrorByPosition(time, device)
        self.tokens = self.tokens_right = torch.zeros((), dtype=torch.long, device=device)
        self.right = torch.zeros(0, dtype=torch.bool, device=device)
        self.stopped_wrong = self.right

    def add(self, wrong: Tensor, mask: Tensor, content_wrong: Tensor) -> None:
        """Add rows: which of their tokens are wrong and which are real (rows, time), whose content is wrong (rows,).

        An empty target is never right.
        """
        self.right = torch.cat([self.right, mask.any(1) & ~wrong.any(1)])
        self.stopped_wrong = torch.cat([self.stopped_wrong, wrong.any(1) & ~content_wrong])
        self.tokens_right = self.tokens_right + (mask & ~wrong).sum()
        self.tokens = self.tokens + mask.sum()
        self.errors.add(wrong.sum(0), mask.sum(0))

    def counts(self, rows: slice = slice(None)) -> Counts:
        """Return the counts of some rows."""
        right, stopped_wrong = read(self.right[rows].sum(), self.stopped_wrong[rows].sum())
        return {"examples": len(self.right[rows]), "right": int(right), "stopped_wrong": int(stopped_wrong)}

    def score(self, unseen: bool, rule: str = "") -> Score:
        """Return the score of all rows."""
        tokens, tokens_right = map(int, read(self.tokens, self.tokens_right))
        counts = {**self.counts(), "tokens": tokens, "tokens_right": tokens_right}
        return Score(**counts, unseen=unseen, errors_at=self.errors.means(), rule=rule)


def finite(value: float) -> float | None:
    """Return a number that JSON can hold, None for NaN and infinity."""
    return value if math.isfinite(value) else None
