"""Which evaluated lengths a model refuses, as a table of positions does: known before anything is trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from bench.checks.sizes import shaped
from bench.spec.spec import Spec
from bench.trial.batches import on
from bench.trial.build import build_model
from bench.trial.losses import shift_right
from bench.trial.protocols import protocol_of
from bench.trial.streams import stream
from models.base import Model
from tasks.base import Batch, Task

MOST = 800  # operations of a pass: one that attends takes some hundreds at any length, one in steps many for each


class Few(TorchDispatchMode):
    """Ends a pass that takes more than MOST operations."""

    def __init__(self) -> None:
        super().__init__()
        self.left = MOST

    def __torch_dispatch__(
        self, operation: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Do an operation, and count it."""
        self.left -= 1
        if self.left < 0:
            raise RuntimeError(f"more than {MOST} operations")
        return operation(*args, **(kwargs or {}))


def refused_lengths(spec: Spec, task: Task) -> tuple[list[int], str]:
    """Return the evaluated lengths past training that a spec's model refuses, and what it says of the first.

    It passes over one example of each on the meta device, whose tensors hold nothing, so that length costs little. A
    model that cannot, or that goes step by step or says that it is not `pairwise`, is taken to refuse none.
    """
    beyond = lengths_beyond(task)
    if not beyond:
        return [], ""
    model = shaped(lambda: build_model(spec.model, task, spec.model_settings))
    if model is None or not (model.trainable and model.pairwise) or not refusal(model, task, beyond[-1]):
        return [], ""
    said = {length: refusal(model, task, length) for length in beyond}
    refused = [length for length in beyond if said[length]]
    return refused, said[refused[0]]


def lengths_beyond(task: Task) -> list[int]:
    """Return the evaluated lengths past training, none where the lengths are names for something else."""
    named = protocol_of(task).named_lengths(task)
    return [] if named else [length for length in sorted(task.eval_lengths) if length > max(task.inside_lengths)]


def widest(task: Task) -> list[tuple[int, ...]]:
    """Return the shapes of an example of the longest evaluated length past training."""
    parts = [part for length in lengths_beyond(task)[-1:] for part in vars(example(task, length)).values()]
    return [tuple(part.shape) for part in parts if part is not None]


def example(task: Task, length: int) -> Batch:
    """Return one example of a length."""
    return task.sample(torch.tensor([length]), length, stream("cpu", "contract", task.name, length))


def refusal(model: Model, task: Task, length: int) -> str:
    """Return why a model on the meta device refuses examples of a length; "" where it does not."""
    batch = example(task, length)
    batch, first = on("meta", batch), task.first_input(batch).to("meta")
    try:
        with torch.device("meta"), torch.no_grad(), Few():
            model.eval()(batch.source, batch.source_length, shift_right(batch.target, first))
    except ValueError as error:
        return str(error).partition("\n")[0] or type(error).__name__
    except Exception:  # what holds nothing cannot be read, and what is long is not waited for
        return ""
    return ""
