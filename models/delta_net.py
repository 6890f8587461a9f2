"""Gated DeltaNet: a linear recurrence whose state is a memory of keys and values, corrected by the delta rule."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from models.layers.linear import Linear
from models.layers.residual import ResidualFamily
from models.layers.steps import RecurrentLayer
from models.registry import register

BLOCK = 64  # steps that are solved for at once
KEPT = 4.0  # the bias of what is kept of a state from step to step: 98 % at first


class DeltaMixer(RecurrentLayer):
    """M[t] = a (I - b k k') M[t-1] + b k v', y[t] = q' M[t] for each head (Yang et al. 2024, arXiv 2412.06464).

    Queries q and keys k, of length 1, and values v are made of the inputs, as are the shares a of 0 to 1 and b of 0 to
    1; with `negative` b goes to 2, so that a state may also be turned round (Grazzi et al. 2024, arXiv 2411.12537).
    With several `reflections` a step writes so many keys in turn and fades once (Siems et al. 2025, arXiv 2502.10297).
    What comes out is normed, and gated by silu of a map of the inputs. Unlike in the papers nothing is convolved. The
    state's parts are M, head by head, as vectors of `hidden`.
    """

    def __init__(self, hidden: int, heads: int, reflections: int, negative: bool, gated: bool) -> None:
        super().__init__()
        self.heads, self.width, self.reflections = heads, hidden // heads, reflections
        self.parts, self.most, self.gated = self.width, 1 + negative, gated
        self.sizes = [hidden, hidden, reflections * hidden, reflections * hidden, reflections * heads, heads]
        self.input = Linear(hidden, sum(self.sizes))
        self.output = Linear(hidden, hidden, bias=False)
        with torch.no_grad():
            self.input.bias[-heads:] = KEPT

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read inputs (batch, time, hidden), state (parts, batch, hidden); see `RecurrentLayer`."""
        gate, query, key, value, write, keep = self.input(inputs).split(self.sizes, -1)
        query, key, value = (self.by_head(each, self.width) for each in (query, key, value))
        write = self.most * self.by_head(write, 1)[..., 0].sigmoid()
        keep = F.logsigmoid(keep).transpose(1, 2) if self.gated else torch.zeros_like(keep).transpose(1, 2)
        keep = F.pad(keep[..., None], (0, self.reflections - 1)).flatten(2)  # once a step
        if length is not None:  # past a row's end nothing is written, and nothing fades
            real = torch.arange(inputs.shape[1], device=length.device) < length[:, None]
            real = real[:, None].repeat_interleave(self.reflections, 2)
            write, keep = write * real, keep * real
        memory = state.permute(1, 2, 0).unflatten(1, (self.heads, self.width))  # (batch, heads, keys, values)
        query, key = F.normalize(query, dim=-1), F.normalize(F.silu(key), dim=-1)
        shown, memory = recur(query, key, value, write, keep, memory)
        shown = F.rms_norm(shown, shown.shape[-1:]).transpose(1, 2).flatten(2)
        return self.output(shown * F.silu(gate)), memory.flatten(1, 2).permute(2, 0, 1)

    def by_head(self, parts: Tensor, width: int) -> Tensor:
        """Part (batch, time, n * heads * width) by heads -> (batch, heads, n * time, width), a step's n in turn."""
        return parts.unflatten(2, (-1, self.heads, width)).flatten(1, 2).transpose(1, 2)


def recur(
    query: Tensor, key: Tensor, value: Tensor, write: Tensor, keep: Tensor, memory: Tensor
) -> tuple[Tensor, Tensor]:
    """Take all steps, a block of them at once -> what is read (batch, heads, time, width), and the last memory.

    query (batch, heads, time, width); key, value (batch, heads, n * time, width), n of each step; write, keep (batch,
    heads, n * time), how much is written and the logarithm of what is kept; memory (batch, heads, width, width)

    What step t writes is k u', where u = b (v - a M'k) has in it what the steps before it in the block wrote: a
    triangular system of equations (the UT transform: Yang et al. 2024, arXiv 2406.06484).
    """
    each = key.shape[2] // query.shape[2]
    shown, steps = [], max(1, BLOCK // each)
    for asked, (keys, values, writes, keeps) in zip(
        query.split(steps, 2),
        zip(*(part.split(steps * each, 2) for part in (key, value, write, keep)), strict=True),
        strict=True,
    ):
        total = keeps.cumsum(2)
        later = torch.ones(total.shape[2], total.shape[2], dtype=torch.bool, device=total.device).triu(1)
        left = (total[..., :, None] - total[..., None, :]).masked_fill(later, -torch.inf).exp()  # of what i wrote, at t
        faded, overlap = total.exp()[..., None], writes[..., None] * left * (keys @ keys.transpose(2, 3))
        wanted = writes[..., None] * (values - faded * (keys @ memory))
        written = torch.linalg.solve_triangular(overlap.tril(-1), wanted, upper=False, unitriangular=True)
        seen = left[:, :, each - 1 :: each] * (asked @ keys.transpose(2, 3))
        shown.append(faded[:, :, each - 1 :: each] * (asked @ memory) + seen @ written)
        memory = faded[:, :, -1:] * memory + (left[:, :, -1, :, None] * keys).transpose(2, 3) @ written
    return torch.cat(shown, 2), memory


@register("delta_net")
@dataclass(frozen=True, kw_only=True)
class DeltaNet(ResidualFamily):
    """Layers of gated DeltaNets that read the source and then write the target.

    heads: memories of (hidden / heads) squared numbers; reflections: keys that a step writes; negative: whether a write
    may turn what is stored round; gated: whether the memory fades
    """

    paper = (
        "Yang et al. 2024, arXiv 2412.06464; Grazzi et al. 2024, arXiv 2411.12537; Siems et al. 2025, arXiv 2502.10297"
    )
    inductive_bias = "a linear recurrence that corrects what a key stands for"
    heads: int = 4
    reflections: int = 1
    negative: bool = True
    gated: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_sizes("heads", "reflections")
        if self.hidden % self.heads:
            raise ValueError(f"hidden must be a multiple of heads; got {self.hidden} and {self.heads}")

    def mixer(self, hidden: int) -> RecurrentLayer:
        """Return a gated DeltaNet."""
        return DeltaMixer(hidden, self.heads, self.reflections, self.negative, self.gated)
