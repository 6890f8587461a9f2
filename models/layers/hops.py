"""The linear recurrence h[t] = P[t] (d[t] * h[t-1]) + b[t], where each column of P[t] is a single one.

A step sends every number of the state, times a complex factor of its own, to one place, and those that meet add up. The
place is that of the largest of its column's logits, which are a mixture of a few learnt matrices. Such a choice has no
gradient: that of the logits' softmax stands for it (straight-through: Bengio et al. 2013, arXiv 1308.3432).
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

LOGITS = 2**18  # in memory at a time: on one CPU core a quarter as many, or eight times as many, are slower
MOST = 2**24  # the same on other devices, where few large operations are faster


def hop(mix: Tensor, matrices: Tensor, factor: Tensor, drive: Tensor, start: Tensor) -> Tensor:
    """Return every h[t] = P[t] (factor[t] * h[t-1]) + drive[t], with h[-1] = start.

    mix (batch, time, heads, count), the weights of matrices (heads, count, columns, rows), columns as many as rows;
    factor and drive (batch, time, heads * rows), start (batch, heads * rows), complex; time 1 or more -> as drive
    """
    return cast("Tensor", Hops.apply(mix, matrices, factor, drive, start))


def mixed(mix: Tensor, matrices: Tensor) -> Tensor:
    """Mix matrices (heads, count, columns, rows) by weights (n, heads, count) -> (heads, n, columns, rows)."""
    return (mix.transpose(0, 1) @ matrices.flatten(2)).unflatten(2, matrices.shape[2:])


def at_once(matrices: Tensor) -> int:
    """Return of how many steps, of any sequence, the logits are in memory at a time."""
    return max(1, (LOGITS if matrices.device.type == "cpu" else MOST) // matrices[:, 0].numel())


def places(mix: Tensor, matrices: Tensor) -> Tensor:
    """Return where in the state each of its numbers goes: as in `hop` -> (batch, time, heads * columns)."""
    rows = [mixed(weights, matrices).argmax(3) for weights in mix.flatten(0, 1).split(at_once(matrices))]
    first = torch.arange(0, matrices[:, 0, 0].numel(), matrices.shape[3], device=mix.device)  # of each head
    return (torch.cat(rows, 1).transpose(0, 1) + first[:, None]).flatten(1).unflatten(0, mix.shape[:2])


class Hops(torch.autograd.Function):
    """The recurrence and its gradient, for which logits are mixed again: kept, they would take most of the memory."""

    @staticmethod
    def forward(ctx: Any, mix: Tensor, matrices: Tensor, factor: Tensor, drive: Tensor, start: Tensor) -> Tensor:
        """Return the states (batch, time, heads * rows); see `hop`."""
        place, state, found = places(mix, matrices), start, []
        for goes, times, driven in zip(place.unbind(1), factor.unbind(1), drive.unbind(1), strict=True):
            state = driven.scatter_add(1, goes, times * state)
            found.append(state)
        states = torch.stack(found, 1)
        ctx.save_for_backward(mix, matrices, factor, start, place, states)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return the gradients of mix, matrices, factor, drive and start from that of the states."""
        mix, matrices, factor, start, place, states = ctx.saved_tensors
        mirrored, starts = factor.conj().resolve_conj(), torch.zeros_like(start)
        drives, sents = [], []
        for step in reversed(range(gradient.shape[1])):
            drives.append(gradient[:, step] + starts)
            sents.append(drives[-1].gather(1, place[:, step]))  # of factor * h
            starts = mirrored[:, step] * sents[-1]
        drive, sent = torch.stack(drives[::-1], 1), torch.stack(sents[::-1], 1)
        before = torch.cat([start[:, None], states[:, :-1]], 1)
        mixes, learnt = through_softmax(mix, matrices, factor * before, drive)
        return mixes, learnt, before.conj() * sent, drive, starts


def through_softmax(mix: Tensor, matrices: Tensor, sent: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradients of mix and matrices, see `hop`, as if each column of P were the softmax of its logits.

    sent (batch, time, heads * columns) is what P is applied to; gradient, alike, is that of what comes out
    """
    steps, mixes, learnt = at_once(matrices), [], torch.zeros_like(matrices).flatten(2)
    vectors = (torch.view_as_real(each.flatten(0, 1)).unflatten(1, matrices.shape[::3]) for each in (sent, gradient))
    parts = (each.split(steps) for each in (mix.flatten(0, 1), *vectors))
    for weights, given, wanted in zip(*parts, strict=True):
        share = mixed(weights, matrices).softmax(3)
        slope = given.transpose(0, 1) @ wanted.permute(1, 0, 3, 2)  # of each entry of P
        slope -= (share * slope).sum(3, keepdim=True)
        slope = slope.mul_(share).flatten(2)  # of each logit
        mixes.append((slope @ matrices.flatten(2).transpose(1, 2)).transpose(0, 1))
        learnt += weights.permute(1, 2, 0) @ slope
    return torch.cat(mixes).unflatten(0, mix.shape[:2]), learnt.view_as(matrices)
