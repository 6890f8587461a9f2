"""Dropout by dropout.c: called with the addresses of tensors."""

from __future__ import annotations

import ctypes
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from models.layers.kernels import addresses, call, structure

Drop = structure(
    "drop_t",
    (ctypes.c_int64, ("count",)),
    (ctypes.c_void_p, ("x", "draws")),
    (ctypes.c_int64, ("least",)),
    (ctypes.c_float, ("factor",)),
    (ctypes.c_void_p, ("out",)),
)


class Dropped(torch.autograd.Function):
    """inputs where a draw is not below `least`, times a factor; zero elsewhere."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, draws: Tensor, least: int, factor: float) -> Tensor:
        """Drop some of inputs of any shape, by draws (at least as many,) of int16."""
        ctx.given = draws, least, factor
        return dropped(inputs, *ctx.given)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_out: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradient of the inputs."""
        return dropped(grad_out, *ctx.given), None, None, None


def dropped(inputs: Tensor, draws: Tensor, least: int, factor: float) -> Tensor:
    """Return inputs with some set to zero."""
    inputs, out = inputs.contiguous(), torch.empty_like(inputs, memory_format=torch.contiguous_format)
    tensors = {"x": inputs, "draws": draws, "out": out}
    call("drop", Drop(count=out.numel(), least=least, factor=factor, **addresses(tensors)))
    return out
