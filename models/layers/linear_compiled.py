"""A linear layer by linear.c: called with the addresses of tensors."""

from __future__ import annotations

import ctypes
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from models.layers.kernels import DEEP, addresses, call, columns, structure

Arguments = structure(
    "linear_t",
    (ctypes.c_int64, ("rows", "inputs", "outputs")),
    (ctypes.c_void_p, ("x", "weight", "bias", "out", "packed")),
    (ctypes.c_void_p, ("grad_out", "grad_x", "grad_weight", "grad_bias")),
)


class LinearMap(torch.autograd.Function):
    """x W' + b."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Map inputs (.., width) by weight (outputs, width) and bias (outputs,) -> (.., outputs)."""
        tensors: dict[str, Tensor | None] = {"x": inputs.contiguous(), "weight": weight.contiguous()}
        outputs, width = weight.shape
        sizes = {"rows": inputs.numel() // max(width, 1), "inputs": width, "outputs": outputs}
        out = inputs.new_empty(*inputs.shape[:-1], outputs)
        made = {"bias": None if bias is None else bias.contiguous(), "out": out}
        made["packed"] = inputs.new_empty(width * columns(outputs))
        call("linear_forward", Arguments(**sizes, **addresses(tensors | made)))
        ctx.sizes, ctx.tensors = sizes, tensors
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_out: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of inputs, weight and bias, those that are wanted."""
        outputs, width = ctx.sizes["outputs"], ctx.sizes["inputs"]
        wants_x, wants_weight, wants_bias = ctx.needs_input_grad
        made = {
            "grad_x": grad_out.new_empty(ctx.tensors["x"].shape) if wants_x else None,
            "grad_weight": grad_out.new_zeros(outputs, width) if wants_weight else None,
            "grad_bias": grad_out.new_zeros(outputs) if wants_bias else None,
        }
        packed = grad_out.new_empty(max(outputs, DEEP) * columns(width))
        given = {"packed": packed, "grad_out": grad_out.contiguous()}
        call("linear_backward", Arguments(**ctx.sizes, **addresses(ctx.tensors | made | given)))
        return tuple(made.values())
