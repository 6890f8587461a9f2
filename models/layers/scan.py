"""The linear recurrence h[t] = a[t] * h[t-1] + b[t] as a parallel scan.

The recurrence is associative, so that its steps can be joined in a tree (Blelloch 1990, Prefix sums and their
applications; Martin and Cundy 2018, arXiv 1709.04057). Nothing is divided by a product of decays: those that fade to
zero do no harm.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

GROUP = 8  # steps joined at each level: on one CPU core faster than 2, 4 or 32; under three groups, a loop is faster


def scan(decay: Tensor, drive: Tensor, start: Tensor) -> Tensor:
    """Return every h[t] = decay[t] * h[t-1] + drive[t], elementwise, with h[-1] = start.

    drive (batch, time, ..), start (batch, ..), decay as drive, or of size 1 where it does not vary; all real or all
    complex, time 1 or more -> (batch, time, ..)
    """
    return cast("Tensor", Scan.apply(decay, drive, start))


class Scan(torch.autograd.Function):
    """The recurrence and its gradient, itself a recurrence that runs from the last step to the first."""

    @staticmethod
    def forward(ctx: Any, decay: Tensor, drive: Tensor, start: Tensor) -> Tensor:
        """Return the states (batch, time, ..); see `scan`."""
        states = drive.new_empty(drive.shape)
        fill(states, decay, drive, start, False)
        ctx.save_for_backward(decay, start, states)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        """Return the gradients of decay, drive and start from that of the states."""
        decay, start, states = ctx.saved_tensors
        mirrored = decay.conj().resolve_conj()
        drives = gradient.new_empty(gradient.shape)
        drives[:, -1] = gradient[:, -1]
        fill(drives[:, :-1], at(mirrored, slice(1, None)), gradient[:, :-1], drives[:, -1], True)
        starts = at(mirrored, 0) * drives[:, 0]
        if not ctx.needs_input_grad[0]:
            return None, drives, starts
        decays = torch.empty_like(drives)
        torch.mul(drives[:, :1], start[:, None].conj(), out=decays[:, :1])
        torch.mul(drives[:, 1:], states[:, :-1].conj(), out=decays[:, 1:])
        return decays.sum_to_size(decay.shape), drives, starts


def fill(states: Tensor, decay: Tensor, drive: Tensor, start: Tensor, backwards: bool) -> None:
    """Write h[t] = decay[t] * h[t-1] + drive[t] into states (batch, time, ..); backwards: from h[t+1], last to first.

    Groups of steps are joined to one step each, which leaves the same problem, shorter; its solution is the state after
    each group, from which the groups' other states follow, all groups at once: O(log time) operations in a row.
    """
    time = drive.shape[1]
    whole = time - time % GROUP if time >= 3 * GROUP else 0
    if whole:
        order = [slice(member, whole, GROUP) for member in range(GROUP)]
        if backwards:
            order = [slice(time - whole + member, time, GROUP) for member in reversed(range(GROUP))]
        joined_drive = torch.addcmul(drive[:, order[1]], at(decay, order[1]), drive[:, order[0]])
        joined_decay = at(decay, order[1]) * at(decay, order[0])
        for member in order[2:]:  # in place: large tensors are dear to allocate
            torch.addcmul(drive[:, member], at(decay, member), joined_drive, out=joined_drive)
            joined_decay.mul_(at(decay, member))
        last = states[:, order[-1]]
        fill(last, joined_decay, joined_drive, start, backwards)
        before = [last[:, 1:], start[:, None]] if backwards else [start[:, None], last[:, :-1]]
        state = torch.cat(before, 1)
        for member in order[:-1]:
            state = torch.addcmul(drive[:, member], at(decay, member), state, out=states[:, member])
        start = last[:, 0 if backwards else -1]
    for step in reversed(range(time - whole)) if backwards else range(whole, time):
        start = torch.addcmul(drive[:, step], at(decay, step), start, out=states[:, step])


def at(decay: Tensor, steps: slice | int) -> Tensor:
    """Return decay (batch, time, ..) at some steps; one that does not vary is the same at each."""
    if decay.shape[1] == 1:
        return decay if isinstance(steps, slice) else decay[:, 0]
    return decay[:, steps]
