"""How attention moves along a source from one step to the next, and where it begins."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SMALLEST = 1e-8  # what a place keeps before sharpening, so that its logarithm is finite
DIRECTION = 2.0  # how much a move in the expected direction is preferred at first
FILTERS, REACH = 16, 2  # of the convolution: how many, and how many places to either side they see


class Shift(nn.Module):
    """Each head moves by -1, 0 or +1 place and is then sharpened.

    A convolution of the weights with three learnt shares, then a power and renormalisation, as a Neural Turing Machine
    moves its heads (Graves et al. 2014, arXiv 1410.5401, equations 8 and 9), without content.
    """

    def __init__(self, driver: int, heads: int, direction: int) -> None:
        super().__init__()
        self.shares = nn.Linear(driver, 3 * heads)
        self.power = nn.Linear(driver, heads)
        with torch.no_grad():
            self.shares.bias.view(heads, 3)[:, 1 + direction] += DIRECTION * abs(direction)

    def forward(self, weights: Tensor, drive: Tensor, keys: Tensor, mask: Tensor) -> Tensor:
        """Move weights (batch, heads, places) as drive (batch, driver) says; mask (batch, places): True where real."""
        left, stay, right = self.shares(drive).unflatten(-1, (-1, 3)).softmax(-1)[..., None].unbind(2)
        moved = left * F.pad(weights[..., 1:], (0, 1)) + stay * weights + right * F.pad(weights[..., :-1], (1, 0))
        power = 1 + F.softplus(self.power(drive))[..., None]
        scores = power * (moved + SMALLEST).log()
        return scores.masked_fill(~mask[:, None], -torch.inf).softmax(-1)


class Convolution(nn.Module):
    """Each head scores every place by the state, the place's token and a convolution of the weights before.

    score = scale * v . tanh(W state + U token + F conv(weights)) (Chorowski et al. 2015, arXiv 1506.07503)
    """

    def __init__(self, driver: int, width: int, heads: int) -> None:
        super().__init__()
        self.state = nn.Linear(driver, width)
        self.key = nn.Linear(width, width, bias=False)
        self.filters = nn.Conv1d(1, FILTERS, 2 * REACH + 1, padding=REACH, bias=False)
        self.place = nn.Linear(FILTERS, width, bias=False)
        self.score = nn.Linear(width, 1, bias=False)
        self.scale = nn.Parameter(torch.full((heads,), 4.0))
        self.head = nn.Parameter(torch.randn(heads, 1, width) / width**0.5)

    def forward(self, weights: Tensor, drive: Tensor, keys: Tensor, mask: Tensor) -> Tensor:
        """Place weights (batch, heads, places) anew: drive (batch, driver), keys (batch, places, width), mask."""
        batch, heads, places = weights.shape
        filtered = self.filters(4 * weights.reshape(batch * heads, 1, places)).transpose(1, 2)
        located = self.place(filtered).view(batch, heads, places, -1)
        both = self.state(drive)[:, None, None] + self.head + self.key(keys)[:, None] + located
        scores = self.scale[:, None] * self.score(both.tanh()).squeeze(-1)
        return scores.masked_fill(~mask[:, None], -torch.inf).softmax(-1)


def place_of(tokens: Tensor, length: Tensor, wanted: int, count: int) -> Tensor:
    """Return where a token stands for the count-th time (from 1) in tokens (batch, places), else its last place."""
    found = tokens == wanted
    hit = found & (found.cumsum(1) == count)
    return torch.where(hit.any(1), hit.long().argmax(1), length - 1)
