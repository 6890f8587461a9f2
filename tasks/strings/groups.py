"""Groups of permutations: their elements, and their Cayley tables."""

from __future__ import annotations

from functools import cache
from itertools import permutations

import torch
from torch import Tensor

Permuted = tuple[int, ...]  # where each place goes
GROUPS = {"s3": (3, False), "s4": (4, False), "a5": (5, True), "s5": (5, False)}  # points, whether even ones alone


@cache
def elements(group: str) -> tuple[Permuted, ...]:
    """Return a group's permutations in lexicographic order, the identity first."""
    points, even = GROUPS[group]
    return tuple(each for each in permutations(range(points)) if not even or is_even(each))


def is_even(permuted: Permuted) -> bool:
    """Whether an even number of pairs stands in the wrong order."""
    return sum(one > other for at, one in enumerate(permuted) for other in permuted[at + 1 :]) % 2 == 0


@cache
def cayley(group: str, device: torch.device) -> Tensor:
    """Return the table of products (order, order) on a device: of row and column, the row is applied first."""
    found = elements(group)
    index = {each: at for at, each in enumerate(found)}
    rows = [[index[tuple(second[place] for place in first)] for second in found] for first in found]
    return torch.tensor(rows, device=device)


@cache
def inverses(group: str, device: torch.device) -> Tensor:
    """Return the inverse of each element (order,) on a device."""
    return (cayley(group, device) == 0).long().argmax(1)


def products(factors: Tensor, table: Tensor) -> Tensor:
    """Multiply from the left, up to each place: factors (batch, time), table (order, order) -> (batch, time).

    By doubling: after k rounds a place has the product of the 2^k factors that end there (Hillis and Steele 1986).
    """
    reached, step = factors, 1
    while step < factors.shape[1]:
        reached = torch.cat([reached[:, :step], table[reached[:, :-step], reached[:, step:]]], 1)
        step *= 2
    return reached
