"""Sine: observe a prefix of a sum of sines, continue it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import torch
from torch import Tensor

from tasks.base import Batch, Task, Values, register
from tasks.checks import check_at_least, check_choice

PRECISIONS = ("float32", "float64")
BINS = 64  # frequency factors fall into this many bins, and whole bins are held out


@register("sine")
@dataclass(frozen=True, kw_only=True)
class Sine(Task):
    """Continue sum_k weights[k] sin(2 pi frequencies[k] t + phase_k), for example 0.00 0.59 0.95 -> 0.95 0.59 0.00.

    Superimposed sines as in Schmidhuber et al. 2007 (Training recurrent networks by Evolino); no automaton, but a
    linear recurrence. Frequencies are in cycles per unit of time, `step` is the time between samples, phases are
    random. The first `prefix` samples are observed, with Gaussian noise of standard deviation `noise`; the continuation
    is scored clean. A length is a horizon: how many samples are to be continued. `spread` multiplies every frequency of
    a signal by a factor drawn from 1 - spread .. 1 + spread; factors fall into bins, and evaluation draws from held-out
    bins, which is the unseen-frequency variant. Without it a random phase makes every signal new and nothing needs
    holding out. `tolerance` is what counts as right: an error relative to the signal's standard deviation. `precision`:
    float32, or float64 for models that are fitted closely enough to follow a signal for thousands of periods.
    """

    automaton: ClassVar[str] = "outside it, no string: a linear recurrence with two numbers of state for each sine"
    train_lengths: tuple[int, ...] = (50,)
    eval_lengths: tuple[int, ...] = (50, 100, 200, 500, 1000)
    frequencies: tuple[float, ...] = (1.0,)
    weights: tuple[float, ...] = (1.0,)
    noise: float = 0.0
    step: float = 0.1
    prefix: int = 50
    spread: float = 0.0
    tolerance: float = 0.05
    precision: str = "float32"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least("prefix", self.prefix, 1)
        check_choice("precision", self.precision, PRECISIONS)
        if not self.frequencies or len(self.frequencies) != len(self.weights):
            raise ValueError(f"frequencies and weights must be as many; got {self.frequencies} and {self.weights}")
        for field in ("noise", "spread"):
            if not 0 <= getattr(self, field) < 1:
                raise ValueError(f"{field} must be from 0 to below 1; got {getattr(self, field)}")
        for field in ("step", "tolerance"):
            if getattr(self, field) <= 0:
                raise ValueError(f"{field} must be above 0; got {getattr(self, field)}")

    @property
    def source(self) -> Values:
        """One real number a step."""
        return Values(1, double=self.precision == "float64")

    @property
    def scale(self) -> float:
        """The signal's standard deviation, which errors are relative to."""
        return math.sqrt(sum(weight**2 for weight in self.weights) / 2)

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw signals: length (batch,) -> source (batch, prefix, 1), target (batch, max_length, 1)."""
        device, rows = generator.device, len(length)

        def uniform(*shape: int) -> Tensor:
            return torch.rand(shape, generator=generator, device=device, dtype=torch.float64)

        frequency, weight = kept_on(device, self.frequencies), kept_on(device, self.weights)
        phase, position = uniform(rows, 1, len(self.frequencies)), uniform(rows)
        factor = 1 + self.spread * (2 * position - 1)
        time = self.step * torch.arange(self.prefix + max_length, device=device, dtype=torch.float64)
        cycles = time[None, :, None] * frequency * factor[:, None, None] + phase  # (batch, time, frequencies)
        signal = (weight * torch.sin(2 * math.pi * cycles)).sum(-1, keepdim=True)
        signal = signal if self.source.double else signal.float()
        observed = signal[:, : self.prefix]
        if self.noise:
            drawn = torch.randn(observed.shape, generator=generator, device=device)
            observed = observed + self.noise * drawn.to(observed.dtype)
        observed_length = torch.full_like(length, self.prefix)
        identity = (position * BINS).long() if self.spread else None
        return Batch(observed, observed_length, signal[:, self.prefix :], length, identity)

    def first_input(self, batch: Batch) -> Tensor:
        """The last observed sample (batch, 1)."""
        assert batch.source is not None
        return batch.source[:, -1]

    def loss(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Squared error relative to the signal's variance: two of (batch, time, 1) -> (batch, time)."""
        return ((outputs - target) / self.scale).square().mean(-1)

    def correct(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Whether the error is within the tolerance: two of (batch, time, 1) -> (batch, time)."""
        return self.loss(outputs, target).sqrt() <= self.tolerance

    def chance(self, length: int) -> float:
        """A guess that knows nothing of the phase stays within the tolerance of no sequence."""
        return 0.0

    def show(self, batch: Batch, row: int) -> str:
        """Print the end of the prefix and the beginning of the continuation."""
        assert batch.source is not None

        def numbers(values: Sequence[float]) -> str:
            return " ".join(f"{value:+.2f}" for value in values)

        return f"... {numbers(batch.source[row, -6:, 0].tolist())} -> {numbers(batch.target[row, :6, 0].tolist())} ..."


@cache
def kept_on(device: torch.device, values: tuple[float, ...]) -> Tensor:
    """Return numbers as float64 on a device, kept there once made."""
    return torch.tensor(values, device=device, dtype=torch.float64)
