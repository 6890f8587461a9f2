"""Parameters laid end to end in one tensor: an optimiser's step and the gradient's norm are one operation each."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import torch
from torch import nn


class Flat:
    """Some parameters of one type and device, which become views of `whole`; `whole.grad` is filled by `gather`."""

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        self.parameters = list(parameters)
        self.whole = nn.Parameter(torch.cat([each.detach().flatten() for each in self.parameters]))
        self.whole.grad = torch.zeros_like(self.whole)
        self.shares = self.whole.detach().split([each.numel() for each in self.parameters])
        for each, share in zip(self.parameters, self.shares, strict=True):
            each.data = share.view_as(each)

    def gather(self) -> None:
        """Put the parameters' gradients into the whole's; one that has none this time counts as zero."""
        gradients = [torch.zeros_like(each) if each.grad is None else each.grad for each in self.parameters]
        torch.cat([each.flatten() for each in gradients], out=self.whole.grad)

    def release(self) -> None:
        """Give the parameters storage of their own again."""
        for each in self.parameters:
            each.data = each.data.clone()


def flattened(parameters: Iterable[nn.Parameter]) -> tuple[list[Flat], list[nn.Parameter]]:
    """Lay out the parameters on a CPU that have a gradient now -> these, by type, and the other parameters as they are.

    One that has no gradient is left out: an optimiser must not touch it, not even to decay it.
    """
    every = list(parameters)
    chosen = [each for each in every if each.grad is not None and each.device.type == "cpu"]
    kinds = groupby(sorted(chosen, key=lambda each: str(each.dtype)), lambda each: each.dtype)
    taken = {id(each) for each in chosen}
    return [Flat(some) for _, some in kinds], [each for each in every if id(each) not in taken]
