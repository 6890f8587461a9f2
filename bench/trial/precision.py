"""In which precision is trained: whole float32 products, so that a GPU's numbers stand beside a processor's."""

from __future__ import annotations

import torch
from torch import nn


def use_whole_products() -> None:
    """Switch TF32 off, whose products of float32 keep ten bits of each factor; cuDNN's recurrent layers use it else."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


def precision(model: nn.Module) -> str:
    """Name the type of a model's parameters and, on a GPU, whether its products are TF32's: float32, tf32 off."""
    parameter = next(model.parameters(), None)
    if parameter is None:
        return str(torch.get_default_dtype()).removeprefix("torch.")
    kind = str(parameter.dtype).removeprefix("torch.")
    if parameter.device.type != "cuda":
        return kind
    fast = torch.backends.cuda.matmul.allow_tf32 or torch.backends.cudnn.allow_tf32
    return f"{kind}, tf32 {'on' if fast else 'off'}"
