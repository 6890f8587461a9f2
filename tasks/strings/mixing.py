"""Different numbers for each row of a batch, drawn at random without ordering all that there are."""

from __future__ import annotations

import torch
from torch import Tensor

FEW = 4096  # numbers that are ordered at random; of more, those asked for are mixed
ROUNDS = 4


def different(rows: int, count: int, space: int, generator: torch.Generator) -> Tensor:
    """Draw `count` different numbers below `space` for each row -> (rows, count)."""
    if count > space:
        raise ValueError(f"there are {space} numbers below {space}; {count} different ones were asked for")
    low = next(size for size in range(int(space**0.5), 0, -1) if space % size == 0)
    if space <= FEW or low == 1:
        return torch.rand(rows, space, generator=generator, device=generator.device).argsort(1)[:, :count]
    return mixed(rows, count, space // low, low, generator)


def mixed(rows: int, count: int, high: int, low: int, generator: torch.Generator) -> Tensor:
    """Send 0, 1, .. to other numbers below high * low, row by row in another way -> (rows, count).

    A number is split in a high and a low part, and each part is moved in turns by a random table of the other. Every
    such round can be undone, so that no two become one (a Feistel network: Luby and Rackoff 1988).
    """
    device = generator.device
    number = torch.arange(count, device=device).expand(rows, count)
    upper, lower = number // low, number % low
    for _ in range(ROUNDS):
        table = torch.randint(high, (rows, low), generator=generator, device=device)
        upper = (upper + table.gather(1, lower)) % high
        table = torch.randint(low, (rows, high), generator=generator, device=device)
        lower = (lower + table.gather(1, upper)) % low
    return upper * low + lower
