"""Times in turn: CPU time of one thread, the least of several rounds."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext

import torch

from models.layers import kernels
from models.layers.linear import linear

Work = Callable[[], object]


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread meanwhile."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def in_turn(works: Mapping[str, Work], rounds: int) -> dict[str, float]:
    """Do each piece of work once a round, one after the other -> the least CPU seconds that each took.

    So all meet the same hours of a busy machine. A first round, which is not counted, warms up.
    """
    least = dict.fromkeys(works, math.inf)
    for number in range(rounds + 1):
        for name, work in works.items():
            started = time.process_time()
            work()
            taken = time.process_time() - started
            least[name] = min(least[name], taken) if number else math.inf
    return least


def product(rows: int, inner: int, columns: int, repeats: int = 1, compiled: bool = True) -> Work:
    """Return a matrix product (rows, inner) times (inner, columns) as work, so many times over.

    compiled: as a linear layer does it, by the kernels in C where they are; else by torch
    """
    left, right = torch.ones(rows, inner), torch.ones(columns, inner)

    def work() -> None:
        with torch.no_grad(), nullcontext() if compiled else kernels.switched_off():
            for _ in range(repeats):
                linear(left, right)

    return work
