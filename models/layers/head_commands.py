"""What moves a read head: commands that follow from what it read last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

WAYS = ("stay", "begin", "end", "content", "next")  # where a head may go
SHIFTS = ("left", "none", "right")  # and by how much it then moves on: -1, 0 or +1 place
FREE = "free"  # a head that at first prefers none of these
WAY_LEAN, SHIFT_LEAN = 4.0, 3.0  # how much the preferred ones are, in scores
QUIET = 0.3  # what the weights for a read are scaled by at first, so that a preference stands against any read
STEEP, COVERING = 10.0, 0.5  # of u = sigmoid(STEEP * linear): its scale, and where its bias begins
POWER, COVER = -2, -1  # the last two of a head's own commands


class Commands(NamedTuple):
    """What each head is told at one step.

    way (batch, heads, 5), shift (batch, heads, 3): scores of `WAYS` and `SHIFTS`; power (batch, heads, 1), 1 or more
    left (batch, heads, 1): the share of a match that a place keeps once it is covered whole, 1 - u
    content, match (batch, heads, kinds): for each kind of token, its score where content is sought, and the
    probability that it ends a scan
    """

    way: Tensor
    shift: Tensor
    power: Tensor
    left: Tensor
    content: Tensor
    match: Tensor


class Commander(nn.Module):
    """Each head is moved by what it alone read last; what it looks for may hang on what all of them read.

    ways, shifts: a name of `WAYS` and of `SHIFTS` for each head, which it prefers at first, or "free"
    Queries are a head's own read and a linear map of all reads that begins at zero. A head's moves are so a finite
    table, one line for each kind of token, all of which training sees: what all heads read together are combinations,
    some of which come up in long sources only.
    """

    def __init__(self, width: int, ways: Sequence[str], shifts: Sequence[str]) -> None:
        super().__init__()
        heads, bound = len(ways), width**-0.5
        own = len(WAYS) + len(SHIFTS) + 2
        self.weight = nn.Parameter(QUIET * torch.empty(heads, width, own).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(heads, 1, own))
        self.queries = nn.Linear(heads * width, 2 * heads * width)
        self.keys = nn.Parameter(torch.empty(2 * heads, width, width).uniform_(-bound, bound))
        self.readiness = nn.Parameter(torch.zeros(heads, 1))
        nn.init.zeros_(self.queries.weight)
        nn.init.zeros_(self.queries.bias)
        with torch.no_grad():
            for lean, way, shift in zip(self.bias[:, 0], ways, shifts, strict=True):
                lean[COVER] = COVERING
                if way != FREE:
                    lean[WAYS.index(way)] = WAY_LEAN
                if shift != FREE:
                    lean[len(WAYS) + SHIFTS.index(shift)] = SHIFT_LEAN

    def keyed(self, table: Tensor) -> Tensor:
        """Return the keys of each kind of token: table (kinds, width) -> (2 heads, width, kinds)."""
        return self.keys @ table.T

    def forward(self, reads: Tensor, keyed: Tensor) -> Commands:
        """Say what each head is told after reads (batch, heads, width); keyed: see there."""
        own = torch.baddbmm(self.bias, reads.transpose(0, 1), self.weight).transpose(0, 1)
        way, shift, power, cover = own.split([len(WAYS), len(SHIFTS), 1, 1], -1)
        asked = self.queries(reads.flatten(1)).unflatten(1, (2, *reads.shape[1:])) + reads[:, None]
        content, match = (asked.flatten(1, 2).transpose(0, 1) @ keyed).transpose(0, 1).chunk(2, 1)
        power = 1 + nn.functional.softplus(power)
        return Commands(way, shift, power, (-STEEP * cover).sigmoid(), content, (match + self.readiness).sigmoid())
