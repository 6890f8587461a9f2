"""What a process does before it trains: threads, precision, and a first step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from bench.execution.executor import Resources

WIDTH = 8  # of what takes the first step


@contextmanager
def prepared(resources: Resources) -> Iterator[None]:
    """Let this process train meanwhile, then leave torch as it was; torch is imported here at last."""
    import torch

    from bench.trial.denormals import flushed
    from bench.trial.precision import use_whole_products

    threads = torch.get_num_threads()
    torch.set_num_threads(resources.threads)
    use_whole_products()
    try:
        with flushed():
            woken(resources.device)
            yield
    finally:
        torch.set_num_threads(threads)


@cache
def woken(device: str) -> None:
    """Take a first step there, once: what torch and a GPU load for it takes seconds, no training's own."""
    import torch

    with torch.random.fork_rng(devices=[]):
        layer = torch.nn.GRU(WIDTH, WIDTH).to(device)
    layer(torch.zeros(1, 1, WIDTH, device=device))[0].sum().backward()
    torch.optim.AdamW(layer.parameters()).step()
    torch.zeros((), device=device).item()  # waits for it
