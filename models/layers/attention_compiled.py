"""Attention by attention.c: called with the addresses of tensors."""

from __future__ import annotations

import ctypes
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from models.layers.kernels import addresses, call, structure

LANES = 16  # as in attention.c
STRIDED = ("of_q", "of_k", "of_v", "of_mask", "of_bias")
Product = structure(
    "attention_t",
    (ctypes.c_int64, ("rows", "heads", "queries", "keys", "width")),
    (ctypes.c_int64 * 3, STRIDED),
    (ctypes.c_int64, ("keep",)),
    (ctypes.c_float, ("scale",)),
    (ctypes.c_void_p, ("q", "k", "v", "mask", "bias", "out", "weights", "turned", "added", "seen")),
    (ctypes.c_void_p, ("grad_out", "grad_q", "grad_k", "grad_v")),
)
Additive = structure(
    "additive_t",
    (ctypes.c_int64, ("rows", "queries", "keys", "hidden")),
    (ctypes.c_void_p, ("length", "wanted", "q", "k", "memory", "w", "out", "weights")),
    (ctypes.c_void_p, ("grad_out", "grad_q", "grad_k", "grad_memory", "grad_w", "pull")),
)


def dense(tensor: Tensor) -> Tensor:
    """Return a tensor whose last axis is dense."""
    return tensor if tensor.stride(-1) == 1 or tensor.shape[-1] == 1 else tensor.contiguous()


class ScaledDotProduct(torch.autograd.Function):
    """softmax(q k / sqrt(width) + bias) v; keep: whether a way back may follow."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, seen: Tensor, keep: bool) -> Tensor:
        """Attend from q (batch, heads, time, width) to k and v (batch, heads, key_time, width) -> as q.

        seen, which broadcasts to (batch, heads, time, key_time): which keys are seen, or what is added to the scores
        """
        rows, heads, queries, width = q.shape
        keys = k.shape[2]
        tensors = {"q": dense(q), "k": dense(k), "v": dense(v)}
        mask = dense(seen.expand(rows, heads, queries, keys))
        tensors["mask" if mask.dtype == torch.bool else "bias"] = mask
        line = -(-keys // LANES) * LANES
        tensors["weights"] = q.new_empty(rows, heads, queries, line) if keep else q.new_empty(line)
        tensors |= {"turned": q.new_empty(width + 1, line), "added": q.new_empty(queries, line)}
        tensors["seen"] = torch.empty(queries, 2, dtype=torch.long)
        sizes: dict[str, Any] = {"rows": rows, "heads": heads, "queries": queries, "keys": keys, "width": width}
        sizes |= {"keep": keep, "scale": width**-0.5}
        sizes |= {name: tensors[name[3:]].stride()[:3] for name in STRIDED if name[3:] in tensors}
        out = q.new_empty(rows, queries, heads, width)
        call("attend_forward", Product(**sizes, **addresses(tensors | {"out": out})))
        if keep:
            ctx.sizes, ctx.tensors = sizes, tensors
        return out.transpose(1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_out: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of q, k and v."""
        made: dict[str, Tensor | None] = {
            f"grad_{name}": torch.zeros_like(ctx.tensors[name].transpose(1, 2), memory_format=torch.contiguous_format)
            for name in "qkv"
        }
        given: dict[str, Tensor | None] = {"grad_out": grad_out.transpose(1, 2).contiguous()}
        call("attend_backward", Product(**ctx.sizes, **addresses(ctx.tensors | made | given)))
        of_q, of_k, of_v = (made[f"grad_{name}"].transpose(1, 2) for name in "qkv")  # type: ignore[union-attr]
        return of_q, of_k, of_v, None, None


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
