"""The recurrence by torch: steps in place, and a way back written by hand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

aten = torch.ops.aten


class Packing(NamedTuple):
    """Where rows of different lengths lie when only their real steps are kept, step by step, the longest row first.

    places (packed,): each one's index into (batch * time); order (batch,): the rows; ends (batch,): where each row's
    last step lies. The states before the first step lie before all others: `begins` counts them too, and the end.
    """

    places: Tensor
    order: Tensor
    ends: Tensor
    begins: list[int]

    def steps(self) -> list[tuple[slice, slice, slice]]:
        """Return, for each step, where its rows lie among the states before, among those after, and packed."""
        found, rows = [], len(self.order)
        for before, start, end in zip([0, *self.begins], self.begins, self.begins[1:], strict=False):
            found.append((slice(before, before + end - start), slice(start, end), slice(start - rows, end - rows)))
        return found


def pack(rows: int, time: int, length: Tensor | None, like: Tensor) -> Packing:
    """Return the packing of rows of these lengths, each 1 or more."""
    lengths = torch.full((rows,), time, device=like.device) if length is None else length.clamp(max=time)
    in_order, order = lengths.sort(descending=True, stable=True)
    steps = torch.arange(time, device=like.device)[:, None]
    alive = in_order > steps
    begins = rows + F.pad(alive.sum(1).cumsum(0), (1, 0))
    rank = torch.empty_like(order).scatter_(0, order, torch.arange(rows, device=like.device))
    return Packing((order * time + steps)[alive], order, begins[lengths - 1] + rank, begins.tolist())


class Cell(ABC):
    """A step of a kind of layer, and the way back through it.

    gates (rows, gates * hidden) hold the drive, then the gates' values; before, after (parts, rows, hidden): the state;
    extra (rows, hidden): what else the way back needs
    """

    @abstractmethod
    def step(
        self, gates: Tensor, before: Tensor, weights: Tensor, bias: Tensor | None, after: Tensor, extra: Tensor
    ) -> None:
        """Take a step, in place; weights (hidden, gates * hidden)."""

    @abstractmethod
    def back(
        self,
        arrived: Tensor,
        gates: Tensor,
        before: Tensor,
        extra: Tensor,
        drives: Tensor,
        backs: Tensor,
        passed: Tensor,
    ) -> None:
        """Write the gradients of the drive and of W h, and add to `passed` that of the state before, but by way of W h.

        arrived, passed (parts, rows, hidden): the gradients of the state after the step and before it
        """


class RNNCell(Cell):
    """h = act(x + W h)."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def step(
        self, gates: Tensor, before: Tensor, weights: Tensor, bias: Tensor | None, after: Tensor, extra: Tensor
    ) -> None:
        """See `Cell`."""
        gates.addmm_(before[0], weights)
        if self.kind == "tanh":
            gates.tanh_()
        elif self.kind == "relu":
            gates.relu_()
        after[0] = gates

    def back(
        self,
        arrived: Tensor,
        gates: Tensor,
        before: Tensor,
        extra: Tensor,
        drives: Tensor,
        backs: Tensor,
        passed: Tensor,
    ) -> None:
        """See `Cell`."""
        if self.kind == "tanh":
            drives.copy_(aten.tanh_backward(arrived[0], gates))
        elif self.kind == "relu":
            drives.copy_(aten.threshold_backward(arrived[0], gates, 0))
        else:
            drives.copy_(arrived[0])


class LSTMCell(Cell):
    """i, f, g, o = x + W h; c' = s(f) c + s(i) tanh(g); h' = s(o) tanh(c'), which is `extra`."""

    def step(
        self, gates: Tensor, before: Tensor, weights: Tensor, bias: Tensor | None, after: Tensor, extra: Tensor
    ) -> None:
        """See `Cell`."""
        write, keep, content, show = gates.addmm_(before[0], weights).chunk(4, 1)
        gates[:, : 2 * write.shape[1]].sigmoid_()
        content.tanh_()
        show.sigmoid_()
        torch.mul(keep, before[1], out=after[1]).addcmul_(write, content)
        torch.tanh(after[1], out=extra)
        torch.mul(show, extra, out=after[0])

    def back(
        self,
        arrived: Tensor,
        gates: Tensor,
        before: Tensor,
        extra: Tensor,
        drives: Tensor,
        backs: Tensor,
        passed: Tensor,
    ) -> None:
        """See `Cell`."""
        write, keep, content, show = gates.chunk(4, 1)
        of_cell = arrived[1] + aten.tanh_backward(arrived[0] * show, extra)
        of_gates = (of_cell * content, of_cell * before[1], of_cell * write, arrived[0] * extra)
        of_write, of_keep, of_content, of_show = drives.chunk(4, 1)
        of_write.copy_(aten.sigmoid_backward(of_gates[0], write))
        of_keep.copy_(aten.sigmoid_backward(of_gates[1], keep))
        of_content.copy_(aten.tanh_backward(of_gates[2], content))
        of_show.copy_(aten.sigmoid_backward(of_gates[3], show))
        passed[1].addcmul_(of_cell, keep)


class GRUCell(Cell):
    """r, z = s(x + W h); n = tanh(x + r (W h + bias)), in brackets `extra`; h' = n + z (h - n)."""

    def step(
        self, gates: Tensor, before: Tensor, weights: Tensor, bias: Tensor | None, after: Tensor, extra: Tensor
    ) -> None:
        """See `Cell`."""
        assert bias is not None
        back = before[0] @ weights
        reset, stay, content = gates.chunk(3, 1)
        both = 2 * reset.shape[1]
        gates[:, :both].add_(back[:, :both]).sigmoid_()
        torch.add(back[:, both:], bias, out=extra)
        content.addcmul_(reset, extra).tanh_()
        torch.lerp(content, before[0], stay, out=after[0])

    def back(
        self,
        arrived: Tensor,
        gates: Tensor,
        before: Tensor,
        extra: Tensor,
        drives: Tensor,
        backs: Tensor,
        passed: Tensor,
    ) -> None:
        """See `Cell`."""
        reset, stay, content = gates.chunk(3, 1)
        of_reset, of_stay, of_content = drives.chunk(3, 1)
        of_content.copy_(aten.tanh_backward(arrived[0] * (1 - stay), content))
        of_reset.copy_(aten.sigmoid_backward(of_content * extra, reset))
        of_stay.copy_(aten.sigmoid_backward(arrived[0] * (before[0] - content), stay))
        backs.copy_(drives)
        backs[:, 2 * reset.shape[1] :] *= reset
        passed[0].addcmul_(arrived[0], stay)


CELLS = {**{kind: RNNCell(kind) for kind in ("tanh", "relu", "linear")}, "lstm": LSTMCell(), "gru": GRUCell()}


class Recurrence(torch.autograd.Function):
    """See models/layers/recurrence.py; `keep` is of no use here."""

    @staticmethod
    def forward(
        ctx: Any,
        kind: str,
        drive: Tensor,
        recurrent: Tensor,
        state: Tensor,
        length: Tensor | None,
        ids: Tensor | None,
        bias: Tensor | None,
        keep: bool,
    ) -> tuple[Tensor, Tensor]:
        """Return outputs and final state from drive (batch, time, ..), or from its table (ids, ..) where ids are."""
        ctx.set_materialize_grads(False)
        rows, time = (drive if ids is None else ids).shape[:2]
        packing, hidden = pack(rows, time, length, drive), recurrent.shape[1]
        read = packing.places if ids is None else ids.reshape(-1)[packing.places]  # which rows of the drive
        gates = drive.reshape(-1, drive.shape[-1]).index_select(0, read)
        states = drive.new_empty(len(state), packing.begins[-1], hidden)
        states[:, :rows] = state[:, packing.order]
        extra = drive.new_empty(len(gates), hidden)
        for before, after, here in packing.steps():
            CELLS[kind].step(gates[here], states[:, before], recurrent.T, bias, states[:, after], extra[here])
        ctx.kind, ctx.packing, ctx.by_table, ctx.shape = kind, packing, ids is not None, drive.shape
        ctx.save_for_backward(recurrent, bias, gates, states, extra, read)
        outputs = drive.new_zeros(rows * time, hidden).index_copy_(0, packing.places, states[0, rows:])
        return outputs.view(rows, time, hidden), states[:, packing.ends]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor | None, grad_final: Tensor | None) -> tuple[Tensor | None, ...]:
        """Return the gradients of what `forward` was given."""
        recurrent, bias, gates, states, extra, read = ctx.saved_tensors
        packing, hidden, rows = ctx.packing, recurrent.shape[1], len(ctx.packing.order)
        arrived = torch.zeros_like(states)
        if grad_outputs is not None:
            arrived[0, rows:] = grad_outputs.reshape(-1, hidden)[packing.places]
        if grad_final is not None:
            arrived.index_add_(1, packing.ends, grad_final)
        drives = torch.empty_like(gates)
        backs = torch.empty_like(gates) if ctx.kind == "gru" else drives  # of W h, which elsewhere is the drive's
        for before, after, here in reversed(packing.steps()):
            CELLS[ctx.kind].back(
                arrived[:, after],
                gates[here],
                states[:, before],
                extra[here],
                drives[here],
                backs[here],
                arrived[:, before],
            )
            arrived[0, before].addmm_(backs[here], recurrent)
        read_before = torch.cat([states[0, before] for before, _, _ in packing.steps()])
        flat = gates.new_zeros(ctx.shape).view(-1, ctx.shape[-1])
        grad_drive = flat.index_add_(0, read, drives) if ctx.by_table else flat.index_copy_(0, read, drives)
        grad_state = torch.empty_like(arrived[:, :rows]).index_copy_(1, packing.order, arrived[:, :rows])
        grad_bias = None if bias is None else backs[:, 2 * hidden :].sum(0)
        return None, grad_drive.view(ctx.shape), backs.T @ read_before, grad_state, None, None, grad_bias, None
