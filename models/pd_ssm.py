"""PD-SSM: a linear recurrence that moves the numbers of its state about, as a finite automaton moves its state."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.layers.hops import hop
from models.layers.linear import Linear
from models.layers.recurrent import LayerStack
from models.layers.residual import ResidualFamily
from models.layers.steps import Layer, RecurrentLayer, state_after
from models.registry import register

KEPT = 4.0  # a bias: at first 98 % of a number is kept from step to step, and it is turned by 2 % of a circle


class PDMixer(RecurrentLayer):
    """h[t] = P[t] D[t] h[t-1] + B x[t], complex; y[t] = Re(C h[t]) + E x[t] (Terzic et al. 2025, arXiv 2509.22284).

    Each column of P is a single one, at the largest entry of that column in a mixture of learnt matrices; its shares
    are a softmax of the inputs. D is diagonal, its moduli below 1 and its angles in a circle. h is normed before C; y
    passes a GELU and a gated linear unit, as an LRU's does. Unlike in the paper there are heads, which make P block
    diagonal; D is linear in the inputs before it is squashed. The state's two parts are the real and the imaginary.
    """

    parts = 2

    def __init__(self, hidden: int, heads: int, matrices: int) -> None:
        super().__init__()
        self.heads, size = heads, hidden // heads
        self.sizes = [2 * hidden, hidden, hidden, heads * matrices]
        self.input = Linear(hidden, sum(self.sizes))
        self.matrices = nn.Parameter(torch.randn(heads, matrices, size, size) * size**-0.5)  # rows come last
        self.output = Linear(2 * hidden, hidden, bias=False)  # C: those of h, the imaginary ones with their sign
        self.through = nn.Parameter(torch.randn(hidden) * hidden**-0.5)  # E
        self.mix = Linear(hidden, 2 * hidden)
        with torch.no_grad():
            _, keep, turn, _ = self.input.bias.split(self.sizes)
            keep.fill_(KEPT)
            turn.fill_(-KEPT)

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read inputs (batch, time, hidden), state (2, batch, hidden); see `RecurrentLayer`."""
        drive, keep, turn, shares = self.input(inputs).split(self.sizes, -1)
        factor = torch.polar(keep.sigmoid(), 2 * math.pi * turn.sigmoid())
        shares = shares.unflatten(2, (self.heads, -1)).softmax(3)
        driven, start = torch.complex(*drive.chunk(2, -1)), torch.complex(state[0], state[1])
        states = hop(shares, self.matrices, factor, driven, start)
        parts = torch.cat([states.real, states.imag], -1)
        shown = self.output(F.rms_norm(parts, parts.shape[-1:])) + self.through * inputs
        return F.glu(self.mix(F.gelu(shown))), torch.cat(state_after(parts, length).chunk(2, -1))


@register("pd_ssm")
@dataclass(frozen=True, kw_only=True)
class PDSSM(ResidualFamily):
    """Layers of PD-SSMs that read the source and then write the target.

    heads: parts of hidden / heads numbers, each of which is moved within itself; matrices: how many are mixed for a
    head's moves
    """

    paper = "Terzic et al. 2025, arXiv 2509.22284"
    inductive_bias = "a linear recurrence that permutes and merges its state"
    heads: int = 4
    matrices: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_sizes("heads", "matrices")
        if self.hidden % self.heads:
            raise ValueError(f"hidden must be a multiple of heads; got {self.hidden} and {self.heads}")

    def mixer(self, hidden: int) -> RecurrentLayer:
        """Return a PD-SSM."""
        return PDMixer(hidden, self.heads, self.matrices)

    def stack(self, layer: Layer, learn_start: bool) -> LayerStack:
        """Return the layers; each head starts in the first of its places, as an automaton in its first state."""
        made = super().stack(layer, learn_start)
        with torch.no_grad():
            for start in made.starts:
                start[1, :, :: self.hidden // self.heads] = 1  # the real part
        return made
