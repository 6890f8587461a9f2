"""LRU: linear recurrent units, a diagonal complex recurrence that starts on a ring."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.layers.linear import Linear
from models.layers.residual import ResidualFamily
from models.layers.scan import scan
from models.layers.steps import RecurrentLayer, state_after
from models.registry import register


class LRUMixer(RecurrentLayer):
    """h[t] = lambda * h[t-1] + gamma * B x[t], complex; y = Re(C h) + D x (Orvieto et al. 2023, arXiv 2303.06349).

    lambda = exp(-exp(decay) + i exp(turn)) has a modulus below 1 whatever is learnt. At first it is uniform on a ring,
    and gamma = sqrt(1 - |lambda|^2) gives states the size of their inputs. y then passes a GELU and a gated linear
    unit. The state's two parts are the real and the imaginary.
    """

    parts = 2

    def __init__(self, hidden: int, inner: float, outer: float, phase: float) -> None:
        super().__init__()
        squared = inner**2 + torch.rand(hidden) * (outer**2 - inner**2)
        self.decay = nn.Parameter((-0.5 * squared.log()).log())
        self.turn = nn.Parameter((phase * (1 - torch.rand(hidden))).log())
        self.gamma = nn.Parameter(0.5 * (1 - squared).log())
        self.input = Linear(hidden, 2 * hidden, bias=False)  # B: the real parts, then the imaginary
        self.output = Linear(2 * hidden, hidden, bias=False)  # C: those of h, the imaginary ones with their sign
        self.through = nn.Parameter(torch.randn(hidden))  # D
        self.mix = Linear(hidden, 2 * hidden)
        nn.init.normal_(self.input.weight, std=(2 * hidden) ** -0.5)
        nn.init.normal_(self.output.weight, std=hidden**-0.5)

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read inputs (batch, time, hidden), state (2, batch, hidden); see `RecurrentLayer`."""
        decay = torch.polar((-self.decay.exp()).exp(), self.turn.exp())
        driven = self.input(inputs) * self.gamma.exp().repeat(2)
        states = scan(decay[None, None], torch.complex(*driven.chunk(2, -1)), torch.complex(state[0], state[1]))
        parts = torch.cat([states.real, states.imag], -1)
        mixed = F.glu(self.mix(F.gelu(self.output(parts) + self.through * inputs)))
        return mixed, torch.cat(state_after(parts, length).chunk(2, -1))


@register("lru")
@dataclass(frozen=True, kw_only=True)
class LRU(ResidualFamily):
    """Layers of linear recurrent units that read the source and then write the target.

    inner, outer: the radii between which eigenvalues start; phase: the largest angle that they start with
    """

    paper = "Orvieto et al. 2023, arXiv 2303.06349"
    inductive_bias = "a linear recurrence"
    inner: float = 0.9
    outer: float = 0.999
    phase: float = 6.2832

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.inner < self.outer < 1:
            raise ValueError(f"radii must be 0 < inner < outer < 1; got inner {self.inner}, outer {self.outer}")
        if self.phase <= 0:
            raise ValueError(f"phase must be above 0; got {self.phase}")

    def mixer(self, hidden: int) -> RecurrentLayer:
        """Return a layer of linear recurrent units."""
        return LRUMixer(hidden, self.inner, self.outer, self.phase)
