"""Rotary SSM: the recurrence of Mamba-3, which turns its state by angles that depend on the input."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.layers.linear import Linear
from models.layers.residual import ResidualFamily
from models.layers.steps import RecurrentLayer
from models.registry import register

SHORTEST, LONGEST = 0.001, 0.1  # step sizes at first
BLOCK = 64  # steps that are taken at once


class Steps(NamedTuple):
    """What a recurrence does at its steps, for each head: (batch, heads, time, ..)."""

    write: Tensor  # B (.., size)
    value: Tensor  # x (.., width)
    show: Tensor  # C (.., size)
    fade: Tensor  # the logarithm of what is kept
    angle: Tensor  # (.., size / 2) by which pairs of the state are turned
    now: Tensor  # how much of B x is added
    late: Tensor  # how much of the B x of the step before is added, before the state fades and turns


class RotaryMixer(RecurrentLayer):
    """h[t] = a R (h[t-1] + (1 - l) d B[t-1] x[t-1]') + l d B[t] x[t]', y[t] = C' h[t] + D x[t], for each head.

    After Mamba-3 (Lahoti et al. 2026, arXiv 2603.15569). Of a step size d = softplus(..) there follow a = exp(-d A),
    what is kept, and R, which turns number n and number n + size / 2 of the state, as a pair, by an angle of -pi d to
    pi d: a complex state in real numbers. A = softplus(..), the angles, B, C, x and the share l of 0 to 1 are made of
    the inputs as well; B and C, the same for all heads, are normed and get a bias of each head's. With `trapezoid` the
    integral over a step is taken from both of its ends, else l is 1. y is gated by silu of a map of the inputs. The
    state's parts are h, then B x where it is still needed, as vectors of `hidden`. Unlike in the paper the first map
    has a bias, so that a decoder that reads zeros has something to select by.
    """

    def __init__(self, hidden: int, heads: int, size: int, expansion: int, trapezoid: bool) -> None:
        super().__init__()
        channels = expansion * hidden
        self.trapezoid = trapezoid
        self.held = (1 + trapezoid, heads, size, channels // heads)  # the state, as h and B x are
        self.parts = (1 + trapezoid) * expansion * size
        self.sizes = [channels, channels, size, size, size // 2, heads, heads, heads * trapezoid]
        self.input = Linear(hidden, sum(self.sizes))
        with torch.no_grad():
            step = torch.empty(heads).uniform_(math.log(SHORTEST), math.log(LONGEST)).exp()
            self.input.bias.split(self.sizes)[5].copy_(step.expm1().log())  # the inverse of softplus
        self.write = nn.Parameter(torch.ones(heads, 1, size))
        self.show = nn.Parameter(torch.ones(heads, 1, size))
        self.through = nn.Parameter(torch.ones(channels))  # D
        self.output = Linear(channels, hidden, bias=False)

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read inputs (batch, time, hidden), state (parts, batch, hidden); see `RecurrentLayer`."""
        gate, read, *others = self.input(inputs).split(self.sizes, -1)
        steps = self.steps(read, others, length)
        carried = state.transpose(0, 1).reshape(len(inputs), *self.held)
        memory, before = carried[:, 0], carried[:, 1] if self.trapezoid else torch.zeros_like(carried[:, 0])
        shown, memory = recur(steps, memory, before)
        kept = torch.stack([memory, newest(steps, length)] if self.trapezoid else [memory], 1)
        mixed = shown.transpose(1, 2).flatten(2) + self.through * read
        return self.output(mixed * F.silu(gate)), kept.reshape(len(inputs), *state.shape[::2]).transpose(0, 1)

    def steps(self, read: Tensor, others: list[Tensor], length: Tensor | None) -> Steps:
        """Make steps of x (batch, time, channels) and what comes after it in the first map; see `sizes`."""
        write, show, turn, step, fade, share = others
        step = F.softplus(step)
        if length is not None:  # past a row's end, steps of size zero leave its state as it is
            real = torch.arange(step.shape[1], device=length.device) < length[:, None]
            step = step * real[..., None]
        step, fade, share = (each.transpose(1, 2) for each in (step, fade, share))  # (batch, heads, time)
        now = share.sigmoid() * step if self.trapezoid else step
        write, show = (F.rms_norm(each, each.shape[-1:])[:, None] for each in (write, show))
        value = read.unflatten(2, (self.held[1], -1)).transpose(1, 2)
        angle = math.pi * step[..., None] * turn.tanh()[:, None]
        return Steps(write + self.write, value, show + self.show, -step * F.softplus(fade), angle, now, step - now)


def recur(steps: Steps, memory: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
    """Take all steps, a block of them at once -> C h of each (batch, heads, time, width), and the last h.

    memory h and before, the last step's B x: (batch, heads, size, width)

    In place of h itself, B and C are turned back, by the sum of the angles so far. A block begins with an h that is
    turned in full, and sums from zero: a sum over all steps would lose, in single precision, a thousandth in 20,000.
    """
    shown = []
    for parts in zip(*(each.split(BLOCK, 2) for each in steps), strict=True):
        block = Steps(*parts)
        total, angle = block.fade.cumsum(2), block.angle.cumsum(2)
        earlier = torch.ones(total.shape[2], total.shape[2], dtype=torch.bool, device=total.device).tril(-1)
        left = (total[..., :, None] - total[..., None, :]).masked_fill(earlier.T, -torch.inf).exp()  # of s, at t
        added = block.now[..., None, :] + earlier * F.pad(block.late[..., 1:], (0, 1))[..., None, :]
        write, show = turned(torch.stack([block.write, block.show]), -angle)
        share, faded = left * added, total.exp()[..., None]
        start = memory + block.late[:, :, :1, None] * before
        shown.append(faded * (show @ start) + (share * (show @ write.transpose(2, 3))) @ block.value)
        last = faded[:, :, -1:] * start + (share[:, :, -1, :, None] * write).transpose(2, 3) @ block.value
        memory = turned(last.transpose(2, 3), angle[:, :, -1:]).transpose(2, 3)
        before = newest(block, None)
    return torch.cat(shown, 2), memory


def newest(steps: Steps, length: Tensor | None) -> Tensor:
    """Return B x of the last step, or of step `length` (batch,) of each row -> (batch, heads, size, width)."""
    write, value = steps.write[:, :, -1:], steps.value[:, :, -1:]
    if length is not None:
        place = (length - 1)[:, None, None, None]
        write, value = (each.take_along_dim(place, 2) for each in (steps.write, steps.value))
    return write.transpose(2, 3) @ value


def turned(vectors: Tensor, angle: Tensor) -> Tensor:
    """Turn number n and number n + size / 2 of vectors (.., size), as a pair, by angles (.., size / 2)."""
    left, right = vectors.chunk(2, -1)
    cos, sin = angle.cos(), angle.sin()
    return torch.cat([cos * left - sin * right, sin * left + cos * right], -1)


@register("rotary_ssm")
@dataclass(frozen=True, kw_only=True)
class RotarySSM(ResidualFamily):
    """Layers of rotary SSMs (Mamba-3's recurrence) that read the source and then write the target.

    heads: how many share the channels among them, each with its own step sizes; state: how many numbers each channel
    keeps, in pairs; expansion: how many channels, in multiples of hidden; trapezoid: whether an input counts at both
    ends of a step
    """

    paper = "Lahoti et al. 2026, arXiv 2603.15569"
    inductive_bias = "a linear recurrence turned by angles of the input"
    heads: int = 4
    state: int = 16
    expansion: int = 2
    trapezoid: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_sizes("heads", "state", "expansion")
        if self.state % 2:
            raise ValueError(f"state must be even, for pairs that are turned; got {self.state}")
        if self.expansion * self.hidden % self.heads:
            sizes = f"{self.expansion}, {self.hidden} and {self.heads}"
            raise ValueError(f"expansion * hidden must be a multiple of heads; got {sizes}")

    def mixer(self, hidden: int) -> RecurrentLayer:
        """Return a rotary SSM."""
        return RotaryMixer(hidden, self.heads, self.state, self.expansion, self.trapezoid)
