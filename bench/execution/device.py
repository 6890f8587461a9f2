"""What a process does once before it trains: threads, precision, and a first step."""

from __future__ import annotations

from functools import cache

from bench.execution.executor import Resources

WIDTH = 8  # of what takes the first step


def prepared(resources: Resources) -> None:
    """Make this process ready to train; torch is imported here at last.

    Numbers below 1.2e-38 count as zero from now on: some processors take a hundred times as long with each, and of a
    Transformer's gradients a third are such, those of keys that a mask hides.
    """
    import torch

    from bench.trial.precision import use_whole_products

    torch.set_num_threads(resources.threads)
    use_whole_products()
    torch.set_flush_denormal(True)
    woken(resources.device)


@cache
def woken(device: str) -> None:
    """Take a first step there, once: what torch and a GPU load for it takes seconds, no training's own."""
    import torch

    with torch.random.fork_rng(devices=[]):
        layer = torch.nn.GRU(WIDTH, WIDTH).to(device)
    layer(torch.zeros(1, 1, WIDTH, device=device))[0].sum().backward()
    torch.optim.AdamW(layer.parameters()).step()
    torch.zeros((), device=device).item()  # waits for it
