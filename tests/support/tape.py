"""A tape in place of a CUDA graph: what is dispatched is written down, and a replay does it again in the same memory.

As of a graph: what Python decided while it was recorded stays decided, what was a number stays that number, results lie
where they lay the first time, and nothing can be read back.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

import models.layers.kernels
from bench.trial.batches import Step
from bench.trial.graph import Made

HOST_READS = ("aten::_local_scalar_dense", "aten::nonzero", "aten::equal", "aten::masked_select", "aten::is_nonzero")


def as_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let layers go the way that they go on a GPU, by what torch dispatches, and keep every row of a batch."""
    monkeypatch.setattr(models.layers.kernels, "library", lambda: None)
    for module in [module for name, module in sys.modules.items() if name.startswith("models.")]:
        if hasattr(module, "pays"):
            monkeypatch.setattr(module, "pays", lambda *_: False)
    monkeypatch.setattr(Step, "needed", property(lambda step: step))


def as_now(value: Any) -> Any:
    """Return a tensor that keeps its place and shape when the given one is turned; anything else as it is."""
    return value.detach() if isinstance(value, Tensor) else value


class Tape(TorchDispatchMode):
    """Writes down every operation with its arguments and its results; reads: whether the host may read meanwhile."""

    def __init__(self, reads: bool = False) -> None:
        super().__init__()
        self.reads = reads
        self.done: list[tuple[Any, Any, Any, Any]] = []

    def __torch_dispatch__(self, operator: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if operator._schema.name in HOST_READS and not self.reads:
            raise RuntimeError(f"the host reads, by {operator._schema.name}\nmore about it")
        given = tree_map(as_now, (args, kwargs or {}))
        found = operator(*args, **(kwargs or {}))
        self.done.append((operator, *given, tree_map(as_now, found)))
        return found

    def replay(self) -> None:
        """Do everything again."""
        for operator, args, kwargs, found in self.done:
            again = operator(*args, **kwargs)  # of tensors that need no gradient
            for place, result in zip(tree_leaves(found), tree_leaves(again), strict=True):
                if isinstance(place, Tensor) and place.data_ptr() != result.data_ptr():
                    place.copy_(result)


class Tapes:
    """A recorder by tapes. A tape is made by doing what it holds, so that its first replay is already done."""

    def __init__(self, fails: bool = False) -> None:
        self.fails, self.recorded, self.replayed, self.plain = fails, 0, 0, 0

    def apart(self, work: Callable[[], Made]) -> Made:
        self.plain += 1
        return work()

    def rehearsed(self, work: Callable[[], Made]) -> Made:
        with Tape():
            return self.apart(work)

    def record(self, work: Callable[[], Made]) -> tuple[Callable[[], None], Made]:
        if self.fails:
            raise RuntimeError("no memory for a graph")
        self.recorded += 1
        tape, fresh = Tape(), True
        with tape:
            made = work()

        def replay() -> None:
            nonlocal fresh
            self.replayed += 1
            if not fresh:
                tape.replay()
            fresh = False

        return replay, made
