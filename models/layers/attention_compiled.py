"""Attention by attention.c and dot_product.c: called with the addresses of tensors."""

from __future__ import annotations

import ctypes
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from models.layers.kernels import LINE, addresses, call, structure

Additive = structure(
    "additive_t",
    (ctypes.c_int64, ("rows", "queries", "keys", "hidden")),
    (ctypes.c_void_p, ("length", "wanted", "q", "k", "memory", "w", "out", "weights")),
    (ctypes.c_void_p, ("grad_out", "grad_q", "grad_k", "grad_memory", "grad_w", "pull")),
)
STRIDED = ("q", "k", "v", "seen")
DotProduct = structure(
    "dot_product_t",
    (ctypes.c_int64, ("rows", "heads", "queries", "keys", "width")),
    (ctypes.c_int64 * 3, tuple(f"of_{name}" for name in STRIDED)),
    (ctypes.c_float, ("scale",)),
    (ctypes.c_void_p, ("q", "k", "v", "seen", "out", "turned", "shares", "pull")),
    (ctypes.c_void_p, ("grad_out", "grad_q", "grad_k", "grad_v")),
)


class ScaledDotProduct(torch.autograd.Function):
    """softmax(q k / sqrt(width) + seen) v."""

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, seen: Tensor) -> Tensor:
        """Attend from q (batch, heads, time, width) to k and v (batch, heads, key_time, width) -> as q.

        width is a multiple of LINE; seen, which broadcasts to (batch, heads, time, key_time): which keys are seen, or
        what is added to the scores
        """
        rows, heads, queries, width = q.shape
        keys, line = k.shape[2], -(-queries // LINE) * LINE
        tensors = {name: dense(each) for name, each in zip("qkv", (q, k, v), strict=True)}
        tensors["seen"] = key_by_key(seen, queries, keys, line).expand(rows, heads, keys, line)
        scratch = {"turned": (width, line), "shares": (keys, line), "pull": (keys, line)}
        tensors |= {name: q.new_empty(shape) for name, shape in scratch.items()}
        sizes: dict[str, Any] = {"rows": rows, "heads": heads, "queries": queries, "keys": keys, "width": width}
        sizes |= {"scale": width**-0.5, **{f"of_{name}": tensors[name].stride()[:3] for name in STRIDED}}
        out = q.new_empty(rows, queries, heads, width)
        call("dot_forward", DotProduct(**sizes, **addresses(tensors | {"out": out})))
        ctx.sizes, ctx.tensors = sizes, tensors
        return out.transpose(1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_out: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of q, k and v, which lie row by row as what they were projected from does."""
        shapes = {name: ctx.tensors[name].transpose(1, 2).shape for name in "qkv"}
        made = {f"grad_{name}": grad_out.new_empty(shape) for name, shape in shapes.items()}
        given = {"grad_out": grad_out.transpose(1, 2).contiguous()}
        call("dot_backward", DotProduct(**ctx.sizes, **addresses(ctx.tensors | made | given)))
        return *(each.transpose(1, 2) for each in made.values()), None


def dense(tensor: Tensor) -> Tensor:
    """Return a tensor whose last axis is dense."""
    return tensor if tensor.stride(-1) == 1 else tensor.contiguous()


def key_by_key(seen: Tensor, queries: int, keys: int, line: int) -> Tensor:
    """Lay out what is seen, or added to the scores, as dot_product.c reads it: (batch, heads, key_time, line).

    The first two axes stay 1 where they are
    """
    added = torch.zeros(seen.shape).masked_fill_(~seen, -torch.inf) if seen.dtype == torch.bool else seen
    added = added[(None,) * (4 - added.dim())]
    turned = added.expand(*added.shape[:2], queries, keys).transpose(2, 3)
    return F.pad(turned, (0, line - queries)).contiguous()


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
