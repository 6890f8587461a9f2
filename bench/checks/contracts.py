"""Contracts that a task or model must keep, checked on small batches: of plug-ins before they run, of all in tests."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.trial.batches import is_text
from bench.trial.losses import shift_right
from bench.trial.streams import stream
from models.base import Model
from tasks.base import FIRST_SYMBOL, PAD, STOP, Batch, Symbols, Task, before

ROWS = 4


class ContractError(ValueError):
    """A contract is broken: one line that says which and how."""


def require(holds: bool | Tensor, name: str, what: str) -> None:
    """Raise unless a contract holds."""
    if not bool(holds):
        raise ContractError(f"{name} breaks a contract: {what}")


def small_batch(task: Task, rows: int = ROWS, name: str = "contract") -> Batch:
    """Draw a few examples of training lengths; of a stream, a few short pieces."""
    generator = stream("cpu", name, task.name)
    if is_text(task):
        text = task.training_text()
        width = min(12, len(text) // rows)
        require(width >= 2, f"task {task.name!r}", f"its training text has {len(text)} symbols, too few to train on")
        pieces = text[: rows * width].view(rows, width)
        return Batch(None, torch.zeros(rows, dtype=torch.long), pieces, torch.full((rows,), width))
    lengths = torch.tensor(task.train_lengths)
    choice = torch.randint(len(lengths), (rows,), generator=generator)
    return task.sample(lengths[choice], max(task.train_lengths), generator)


def check_task(task: Task) -> None:
    """Check what a task draws: shapes, types, reserved ids, padding, the same draw from the same stream."""
    name = f"task {task.name!r}"
    batch = small_batch(task)
    for field, space in (("source", task.source), ("target", task.target)):
        drawn: Tensor | None = getattr(batch, field)
        length: Tensor = getattr(batch, f"{field}_length")
        require((space is None) == (drawn is None), name, f"{field} and its space must both be there or both be None")
        require(
            length.shape == (ROWS,) and not length.is_floating_point(), name, f"{field}_length must be (batch,) int64"
        )
        if drawn is None:
            continue
        real = before(length, drawn.shape[1])
        require(length.min() >= 1, name, f"{field}_length must be 1 or more; got {int(length.min())}")
        require(length.max() <= drawn.shape[1], name, f"{field}_length {int(length.max())} is past the width")
        if isinstance(space, Symbols):
            require(drawn.ndim == 2 and drawn.dtype == torch.long, name, f"{field} must be (batch, time) int64")
            require((drawn[~real] == PAD).all(), name, f"{field} must be PAD ({PAD}) past each length")
            allowed = (drawn >= FIRST_SYMBOL) | ((drawn == STOP) & (field == "target"))
            require(allowed[real].all(), name, f"{field} uses a reserved id as data")
            require(drawn.max() < space.size, name, f"{field} has id {int(drawn.max())}, its space only {space.size}")
        else:
            assert space is not None
            shape = (*drawn.shape[:2], space.size)
            require(drawn.shape == shape and drawn.is_floating_point(), name, f"{field} must be {shape} floats")
            require(drawn.isfinite().all(), name, f"{field} must be finite")
    again = small_batch(task)
    require(torch.equal(batch.target, again.target), name, "the same stream must give the same batch")
    require(task.first_input(batch).shape == batch.target[:, 0].shape, name, "first_input must be one input a row")


def check_model(model: Model, task: Task, name: str) -> None:
    """Check that a model takes the task's batches and gives finite outputs of the right shape."""
    if hasattr(model, "fit"):
        return
    batch = small_batch(task)
    inputs = shift_right(batch.target, task.first_input(batch))
    steps_alone = task.streams or not task.target.discrete
    if steps_alone:
        require(hasattr(model, "begin") and hasattr(model, "decoder"), name, "this task needs `begin` and `decoder`")
    model.eval()
    with torch.no_grad():
        outputs = model(batch.source, batch.source_length, inputs)
    shape = (*batch.target.shape[:2], task.target.size)
    require(isinstance(outputs, Tensor), name, f"forward must return a tensor; got {type(outputs).__name__}")
    require(outputs.shape == shape, name, f"outputs must be {shape}; got {tuple(outputs.shape)}")
    require(outputs.isfinite().all(), name, "outputs must be finite")
    loss = task.loss(outputs, batch.target)
    require(loss.shape == batch.target.shape[:2], f"task {task.name!r}", "loss must be (batch, time), not reduced")
