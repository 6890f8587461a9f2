"""Additive attention by attention.c: called with the addresses of tensors."""

from __future__ import annotations

import ctypes
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from models.layers.kernels import addresses, call, structure

Additive = structure(
    "additive_t",
    (ctypes.c_int64, ("rows", "queries", "keys", "hidden")),
    (ctypes.c_void_p, ("length", "wanted", "q", "k", "memory", "w", "out", "weights")),
    (ctypes.c_void_p, ("grad_out", "grad_q", "grad_k", "grad_memory", "grad_w", "pull")),
)


class AdditiveScores(torch.autograd.Function):
    """softmax(w . tanh(q + k)) memory, over each row's real keys."""

    @staticmethod
    def forward(
        ctx: Any, q: Tensor, k: Tensor, memory: Tensor, w: Tensor, length: Tensor, wanted: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Attend from q (batch, time, hidden) to k and memory (batch, key_time, hidden) by w (hidden,).

        length, wanted (batch,): how many keys are real, and how many queries; None for all
        -> what is gathered (batch, time, hidden), weights (batch, time, key_time)
        """
        ctx.set_materialize_grads(False)
        names = ("length", "wanted", "q", "k", "memory", "w")
        given = (length, wanted, q, k, memory, w)
        tensors = {name: None if each is None else each.contiguous() for name, each in zip(names, given, strict=True)}
        sizes = {"rows": q.shape[0], "queries": q.shape[1], "keys": k.shape[1], "hidden": q.shape[2]}
        out, weights = q.new_empty(q.shape), q.new_empty(*q.shape[:2], k.shape[1])
        tensors["weights"] = weights
        call("add_forward", Additive(**sizes, **addresses(tensors | {"out": out})))
        ctx.sizes, ctx.tensors = sizes, tensors
        ctx.mark_non_differentiable(weights)
        return out, weights

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_out: Tensor, _: None) -> tuple[Tensor | None, ...]:
        """Return the gradients of q, k, memory and w."""
        made = {f"grad_{name}": torch.zeros_like(ctx.tensors[name]) for name in ("q", "k", "memory", "w")}
        scratch = {"grad_out": grad_out.contiguous(), "pull": grad_out.new_empty(ctx.sizes["keys"])}
        call("add_backward", Additive(**ctx.sizes, **addresses(ctx.tensors | made | scratch)))
        return *made.values(), None, None
