"""The recurrence by recurrence.c: called with the addresses of tensors."""

from __future__ import annotations

import ctypes
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from models.layers.kernels import DEEP, addresses, call, columns, structure

KINDS = ("tanh", "relu", "linear", "lstm", "gru")  # in the order of the enumeration in recurrence.c
SIZES = ("kind", "rows", "time", "hidden", "tokens", "keep")
TENSORS = (
    *("length", "ids", "drive", "recurrent", "bias", "state", "outputs", "final", "gates", "before", "cell"),
    *("squashed", "order", "first", "grad_outputs", "grad_final", "grad_drive", "grad_recurrent", "grad_bias"),
    *("grad_state", "dh", "dc", "packed", "deep"),
)
Arguments = structure("recurrence_t", (ctypes.c_int64, SIZES), (ctypes.c_void_p, TENSORS))


class Recurrence(torch.autograd.Function):
    """See models/layers/recurrence.py; keep: whether a way back may follow."""

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
        hidden = recurrent.shape[1]
        packed = rows if not keep else rows * time if length is None else int(length.clamp(max=time).sum())
        given = {"drive": drive, "recurrent": recurrent, "state": state, "length": length, "ids": ids, "bias": bias}
        tensors = {name: None if each is None else each.contiguous() for name, each in given.items()}
        tensors |= {
            "gates": drive.new_empty(packed, len(recurrent)),
            "before": drive.new_empty(packed, hidden),
            "cell": drive.new_empty(packed, hidden) if kind in ("lstm", "gru") else None,
            "squashed": drive.new_empty(packed, hidden) if kind == "lstm" else None,
            "order": torch.empty(rows, dtype=torch.long),
            "first": torch.empty(time + 1, dtype=torch.long),
            "packed": drive.new_empty(hidden * columns(len(recurrent))),
        }
        outputs, final = drive.new_empty(rows, time, hidden), drive.new_empty(state.shape)
        sizes = dict(zip(SIZES, (KINDS.index(kind), rows, time, hidden, len(drive), keep), strict=True))
        everything = addresses(tensors | {"outputs": outputs, "final": final})
        if call("run_forward", Arguments(**sizes, **everything)):
            raise IndexError(f"a token's id is out of range: there are {len(drive)}")
        if keep:
            ctx.sizes, ctx.tensors = sizes, tensors
        return outputs, final

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor | None, grad_final: Tensor | None) -> tuple[Tensor | None, ...]:
        """Return the gradients of what `forward` was given; it works in what that kept, so only once."""
        if ctx.tensors is None:
            raise RuntimeError("a recurrence goes back once; compute the loss again for another time")
        tensors, ctx.tensors = ctx.tensors, None
        drive, bias = tensors["drive"], tensors["bias"]
        whole = tensors["ids"] is None and tensors["length"] is None  # then each of its numbers is written
        made = {
            "grad_drive": torch.empty_like(drive) if whole else torch.zeros_like(drive),
            "grad_recurrent": torch.zeros_like(tensors["recurrent"]),
            "grad_bias": None if bias is None else torch.zeros_like(bias),
            "grad_state": torch.empty_like(tensors["state"]),
            "dh": drive.new_empty(ctx.sizes["rows"], ctx.sizes["hidden"]),
            "dc": drive.new_empty(ctx.sizes["rows"], ctx.sizes["hidden"]),
            "packed": drive.new_empty(tensors["recurrent"].shape[0] * columns(ctx.sizes["hidden"])),
            "deep": drive.new_empty(DEEP * columns(ctx.sizes["hidden"])),
            "grad_outputs": None if grad_outputs is None else grad_outputs.contiguous(),
            "grad_final": None if grad_final is None else grad_final.contiguous(),
        }
        call("run_backward", Arguments(**ctx.sizes, **addresses(tensors | made)))
        return None, made["grad_drive"], made["grad_recurrent"], made["grad_state"], None, None, made["grad_bias"], None
