"""The meta device in place of a GPU: tensors without numbers, on which any host read and any mix of devices raises.

What torch allows to GPUs alone (fused optimisers, operations on many tensors at once) it is told to allow here too, so
that the same operations are dispatched as there; but for nn.RNN, nn.LSTM and nn.GRU, which a GPU runs in one.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import bench.trial.streams

META = "meta"
LISTS = tuple(f"_get_{kind}_supported_devices" for kind in ("fused_kernels", "foreach_kernels", "capturable"))
MAKERS = ("aten::empty", "aten::new_empty", "aten::detach", "profiler::")  # nothing is launched for these
UPLOADS = ("tensor", "as_tensor", "asarray", "new_tensor")


class OnMeta(torch.Generator):
    """A generator whose device is the meta device."""

    @property
    def device(self) -> torch.device:
        return torch.device(META)


def generator_on(device: str | torch.device = "cpu") -> torch.Generator:
    return OnMeta() if torch.device(device).type == META else torch.Generator(device)


@contextmanager
def like_a_gpu() -> Iterator[None]:
    """Let streams be drawn on the meta device, and its tensors be optimised as a GPU's."""
    with pytest.MonkeyPatch.context() as patch, torch.library._scoped_library("aten", "IMPL", "Meta") as library:
        library.impl("_fused_adamw_.tensor_lr", lambda *_, **__: None)  # works in place, and has no meta kernel
        patch.setattr(bench.trial.streams, "torch", SimpleNamespace(Generator=generator_on))
        places = [module for name, module in sys.modules.items() if name.startswith(("torch.optim", "torch.nn.utils"))]
        for module in [*places, torch.utils._foreach_utils]:
            for name in LISTS:
                if known := getattr(module, name, None):
                    patch.setattr(module, name, lambda *_, known=known: [*known(), META])
        yield


class Dispatched(TorchDispatchMode):
    """Counts what is dispatched meanwhile that a GPU would launch, and what is copied there from the host."""

    def __init__(self) -> None:
        super().__init__()
        self.launches = Counter[str]()
        self.uploads: list[str] = []
        self.called = Called(self.uploads)

    def __enter__(self) -> Dispatched:
        self.called.__enter__()
        super().__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self.called.__exit__(*error)

    def __torch_dispatch__(self, operator: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = operator(*args, **(kwargs or {}))
        name = operator._schema.name
        if not operator.is_view and not name.startswith(MAKERS):
            self.launches[name] += 1
        if META in places(found) and places((args, kwargs)) == {"cpu"}:
            self.uploads.append(name)
        return found


class Called(TorchFunctionMode):
    """Notes what makes a tensor of numbers of the host, which is not dispatched."""

    def __init__(self, uploads: list[str]) -> None:
        super().__init__()
        self.uploads = uploads

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = function(*args, **(kwargs or {}))
        if function.__name__ in UPLOADS and META in places(found):
            self.uploads.append(function.__name__)
        return found


def places(values: Any) -> set[str]:
    """Return the kinds of device that tensors among some values are on."""
    return {each.device.type for each in tree_leaves(values) if isinstance(each, Tensor)}
