"""mLSTM: a memory of keys and values, written by an exponential gate and read in parallel, a block of steps at once."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from models.layers.linear import Linear
from models.layers.slstm import KEPT
from models.layers.steps import RecurrentLayer

BLOCK = 64  # steps that are computed at once


class MLSTMMixer(RecurrentLayer):
    """C[t] = f C[t-1] + i v k', n[t] = f n[t-1] + i k, h[t] = o C[t] q / max(|n[t] q|, 1) for each head.

    After Beck et al. 2024 (arXiv 2405.04517). Queries q, keys k, over the root of their length, values v, i = exp(..)
    and f = sigmoid(..), one number a head each, and o = sigmoid(..) are made of the inputs. The paper lets f be an
    exponential too; here it is a sigmoid always. What is computed are C and n over exp(m), where m[t] = max(log f +
    m[t-1], log i), so that nothing overflows; in place of the 1 stands exp(-m). What is read is normed head by head
    before o, and mapped after it. Unlike in the paper nothing is convolved, projected up or led past the memory, and
    norms are root mean squares without weights. The state's parts are C, head by head, n, and m, the same for all
    places of a head, as vectors of `hidden`.
    """

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.heads, self.width = heads, hidden // heads
        self.parts = self.width + 2
        self.sizes = [hidden, hidden, hidden, hidden, heads, heads]
        self.input = Linear(hidden, sum(self.sizes))
        self.output = Linear(hidden, hidden, bias=False)
        with torch.no_grad():
            self.input.bias[-heads:] = torch.linspace(*KEPT, heads)

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read inputs (batch, time, hidden), state (parts, batch, hidden); see `RecurrentLayer`."""
        *parts, show, write, keep = self.input(inputs).split(self.sizes, -1)
        query, key, value = (each.unflatten(2, (self.heads, self.width)).transpose(1, 2) for each in parts)
        write, keep = write.transpose(1, 2), F.logsigmoid(keep).transpose(1, 2)
        if length is not None:  # past a row's end nothing is written, and nothing fades
            real = (torch.arange(inputs.shape[1], device=length.device) < length[:, None])[:, None]
            write, keep = write.masked_fill(~real, -torch.inf), keep * real
        held = state.permute(1, 2, 0).unflatten(1, (self.heads, self.width))  # (batch, heads, keys, parts)
        read, memory, peak = recur(query, key * self.width**-0.5, value, write, keep, held[..., :-1], held[:, :, 0, -1])
        after = torch.cat([memory, peak[..., None, None].expand(-1, -1, self.width, 1)], 3)
        normed = F.rms_norm(read, read.shape[-1:]).transpose(1, 2).flatten(2)
        return self.output(normed * show.sigmoid()), after.flatten(1, 2).permute(2, 0, 1)


def recur(
    query: Tensor, key: Tensor, value: Tensor, write: Tensor, keep: Tensor, memory: Tensor, peak: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Take all steps, a block of them at once -> what is read (batch, heads, time, width), the last memory and peak.

    query, key, value (batch, heads, time, width); write, keep (batch, heads, time), logarithms of i and f; memory
    (batch, heads, width, width + 1), C and behind it n, both over exp(m); peak (batch, heads), m

    So n is what the memory holds of a value that is always 1. No gradient goes through m: whatever numbers it is, what
    is read is the same.
    """
    shown, value = [], F.pad(value, (0, 1), value=1.0)
    smallest = torch.finfo(value.dtype).tiny
    for asked, keys, values, writes, keeps in zip(
        *(part.split(BLOCK, 2) for part in (query, key, value, write, keep)), strict=True
    ):
        total = keeps.cumsum(2)
        later = torch.ones(total.shape[2], total.shape[2], dtype=torch.bool, device=total.device).triu(1)
        left = total[..., :, None] - total[..., None, :] + writes[..., None, :]  # of what is written at s, log, at t
        left = left.masked_fill(later, -torch.inf)
        faded = total + peak[..., None]
        peaks = torch.maximum(faded.detach(), left.detach().amax(3))
        left, faded = (left - peaks[..., None]).exp(), (faded - peaks).exp()[..., None]
        seen = (left * (asked @ keys.transpose(2, 3))) @ values + faded * (asked @ memory)
        least = (-peaks).exp().clamp(min=smallest)  # nothing over nothing is nothing
        shown.append(seen[..., :-1] / torch.maximum(seen[..., -1:].abs(), least[..., None]))
        memory = faded[:, :, -1:] * memory + (left[:, :, -1, :, None] * keys).transpose(2, 3) @ values
        peak = peaks[:, :, -1]
    return torch.cat(shown, 2), memory, peak
