"""Selective state space model: the recurrence of Mamba, whose step size, input and output maps depend on the input."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.layers.linear import Linear
from models.layers.residual import ResidualFamily
from models.layers.scan import scan
from models.layers.steps import RecurrentLayer
from models.registry import register

SHORTEST, LONGEST = 0.001, 0.1  # step sizes at first
BLOCK = 64  # steps whose states are in memory at a time: in one piece, 256 steps took twice as long


class CausalConvolution(nn.Module):
    """Each channel's weighted sum of its last `window` inputs; it carries those that it still needs."""

    def __init__(self, channels: int, window: int) -> None:
        super().__init__()
        self.kept = window - 1
        self.taps = nn.Parameter((2 * torch.rand(window, channels) - 1) * window**-0.5)
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, inputs: Tensor, past: Tensor, length: Tensor | None) -> tuple[Tensor, Tensor]:
        """Read inputs (batch, time, channels) after past (batch, kept, channels) -> sums alike, and the new past."""
        time, seen = inputs.shape[1], torch.cat([past, inputs], 1)
        sums = self.bias.expand_as(inputs)
        for lag, tap in enumerate(self.taps):
            sums = torch.addcmul(sums, tap, seen[:, lag : lag + time])
        if length is None:
            return sums, seen[:, time:]
        places = length[:, None] + torch.arange(self.kept, device=length.device)
        return sums, seen.gather(1, places[..., None].expand(-1, -1, seen.shape[-1]))


class SelectiveMixer(RecurrentLayer):
    """h[t] = exp(d[t] A) h[t-1] + d[t] B[t] x[t], y[t] = C[t] h[t] + D x[t] (Gu and Dao 2023, arXiv 2312.00752).

    Each of `expansion * hidden` channels x has `size` numbers h of its own; A is diagonal and negative. The step sizes
    d = softplus(..), B and C are linear in x, which is silu of a causal convolution of the inputs. What comes out is
    gated by silu of a second map of the inputs. The state's parts are h, then what the convolution carries, as vectors
    of `hidden`. Unlike in the paper the first map has a bias, so that a decoder that reads zeros has something to
    select by.
    """

    def __init__(self, hidden: int, size: int, expansion: int, window: int) -> None:
        super().__init__()
        self.size, self.channels, self.rank = size, expansion * hidden, math.ceil(hidden / 16)
        self.parts = expansion * (size + window - 1)
        self.input = Linear(hidden, 2 * self.channels)
        self.convolution = CausalConvolution(self.channels, window)
        self.select = Linear(self.channels, self.rank + 2 * size, bias=False)
        self.step = Linear(self.rank, self.channels)
        nn.init.uniform_(self.step.weight, -(self.rank**-0.5), self.rank**-0.5)
        step = torch.empty(self.channels).uniform_(math.log(SHORTEST), math.log(LONGEST)).exp()
        self.step.bias.data = step.expm1().log()  # the inverse of softplus
        each = torch.arange(1.0, size + 1)[:, None].repeat(1, self.channels)
        self.decay = nn.Parameter(each.log())  # A = -exp(decay): -1, -2, .. at first
        self.through = nn.Parameter(torch.ones(self.channels))  # D
        self.output = Linear(self.channels, hidden, bias=False)

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read inputs (batch, time, hidden), state (parts, batch, hidden); see `RecurrentLayer`."""
        carried = state.transpose(0, 1).reshape(len(inputs), self.size + self.convolution.kept, self.channels)
        start, past = carried[:, : self.size], carried[:, self.size :]
        read, gate = self.input(inputs).chunk(2, -1)
        read, past = self.convolution(read, past, length)
        read = F.silu(read)
        rank, write, show = self.select(read).split([self.rank, self.size, self.size], -1)
        step = F.softplus(self.step(rank))
        if length is not None:  # past a row's end, steps of size zero leave its state as it is
            real = torch.arange(inputs.shape[1], device=length.device) < length[:, None]
            step = step * real[..., None]
        shown, last = self.recur(step, step * read, write, show, start)
        after = torch.cat([last, past], 1).reshape(len(inputs), *state.shape[::2]).transpose(0, 1)
        return self.output((shown + self.through * read) * F.silu(gate)), after

    def recur(self, step: Tensor, driven: Tensor, write: Tensor, show: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return C h of every step and the last h.

        step d and driven d x (batch, time, channels), write B and show C (batch, time, size), state (batch, size,
        channels) -> (batch, time, channels), (batch, size, channels)
        """
        rates, shown = -self.decay.exp(), []
        blocks = zip(*(each.split(BLOCK, 1) for each in (step, driven, write, show)), strict=True)
        for steps, drives, writes, shows in blocks:
            decay = (steps[:, :, None] * rates).exp_()  # (batch, time, size, channels)
            states = scan(decay, writes[..., None] * drives[:, :, None], state)
            shown.append((shows[:, :, None] @ states).squeeze(2))
            state = states[:, -1]
        return torch.cat(shown, 1), state


@register("selective_ssm")
@dataclass(frozen=True, kw_only=True)
class SelectiveSSM(ResidualFamily):
    """Layers of selective state space models (Mamba's recurrence) that read the source and then write the target.

    state: how many numbers each channel keeps; expansion: how many channels, in multiples of hidden; window: how many
    inputs the convolution sees, 1 for the newest alone
    """

    paper = "Gu and Dao 2023, arXiv 2312.00752"
    inductive_bias = "a linear recurrence gated by the input"
    state: int = 8
    expansion: int = 2
    window: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_sizes("state", "expansion", "window")

    def mixer(self, hidden: int) -> RecurrentLayer:
        """Return a selective state space model."""
        return SelectiveMixer(hidden, self.state, self.expansion, self.window)
