"""sLSTM: an LSTM whose input gate is an exponential, normalised, with recurrent weights within each head alone."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.layers.linear import Linear
from models.layers.steps import RecurrentLayer, state_after

GATES = 4  # input, forget, content, output
KEPT = (3.0, 6.0)  # the bias of the first forget gate and of the last one at first, as in the authors' code


class SLSTMMixer(RecurrentLayer):
    """c[t] = f c[t-1] + i z, n[t] = f n[t-1] + i, h[t] = o c[t] / n[t] (Beck et al. 2024, arXiv 2405.04517).

    i = exp(..), f and o = sigmoid(..), z = tanh(..), each of a map of the inputs and of a map of h[t-1] that stays
    within a head. The paper lets f be an exponential too; here it is a sigmoid always, so that n grows by 1 a step at
    most. What is computed are c and n over exp(m), where m[t] = max(log f + m[t-1], log i): h stays the same, nothing
    overflows, and n is 1 or more. What comes out is normed head by head, and mapped. Unlike in the paper nothing is
    convolved, nothing is projected up and down behind it, and norms are root mean squares without weights; recurrent
    weights start orthogonal, where the authors' code has zeros. The state's parts are h, c, n and m; n is zero before
    the first step alone.
    """

    parts = 4
    idle: Tensor

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.heads, width = heads, hidden // heads
        self.input = Linear(hidden, GATES * hidden)  # head by head, of each its gates in turn
        self.recurrent = nn.Parameter(torch.empty(heads, width, GATES * width))
        self.output = Linear(hidden, hidden, bias=False)
        for head in self.recurrent.data:
            for gate in head.chunk(GATES, 1):
                nn.init.orthogonal_(gate)
        with torch.no_grad():
            self.input.bias.view(heads, GATES, width)[:, 1] = torch.linspace(*KEPT, width)
        idle = torch.zeros(GATES, width)
        idle[0], idle[1] = -torch.inf, torch.inf  # nothing is written, all is kept
        self.register_buffer("idle", idle.flatten().repeat(heads), persistent=False)

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read inputs (batch, time, hidden), state (4, batch, hidden); see `RecurrentLayer`."""
        driven = self.input(inputs)
        if length is not None:  # past a row's end c, n and m stay as they are; h does not, and is not looked at
            real = torch.arange(inputs.shape[1], device=length.device) < length[:, None]
            driven = torch.where(real[..., None], driven, self.idle)
        parts = state.unflatten(2, (self.heads, -1)).transpose(1, 2)  # (4, heads, batch, width)
        shown, kept = recur(driven.unflatten(2, (self.heads, -1)).permute(1, 2, 0, 3), self.recurrent, parts)
        every = shown.permute(2, 0, 1, 3)  # (batch, time, heads, width)
        after = torch.cat([state_after(every.flatten(2), length), kept.transpose(1, 2).flatten(2)])
        return self.output(F.rms_norm(every, every.shape[-1:]).flatten(2)), after


def recur(driven: Tensor, recurrent: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
    """Take all steps -> every h (time, heads, batch, width), and the last c, n and m (3, heads, batch, width).

    driven (time, heads, batch, 4 width), recurrent (heads, width, 4 width), state (4, heads, batch, width)

    No gradient goes through m: whatever numbers it is, h is the same.
    """
    hidden, cell, norm, peak = state
    peak, outputs = peak.masked_fill(norm == 0, -torch.inf), []
    for each in driven:
        write, keep, content, show = torch.baddbmm(each, hidden, recurrent).chunk(GATES, 2)
        keep = F.logsigmoid(keep) + peak
        peak = torch.maximum(keep.detach(), write.detach())
        write, keep = (write - peak).exp(), (keep - peak).exp()
        cell = torch.addcmul(keep * cell, write, content.tanh())
        norm = torch.addcmul(write, keep, norm)
        hidden = show.sigmoid() * cell / norm
        outputs.append(hidden)
    return torch.stack(outputs), torch.stack([cell, norm, peak])
