"""Contracts that a task and a model must keep, checked on small batches before anything is trained, and in tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from bench.probes.samples import COARSE, TOLERANCE
from bench.trial.batches import rows_of
from bench.trial.decode import free_running, shortfall
from bench.trial.losses import shift_right
from bench.trial.protocols import protocol_of
from bench.trial.streams import stream
from models.base import Model
from tasks.base import EOS, FIRST_TOKEN, PAD, Batch, Task, Tokens, Values, before

ROWS, MANY = 4, 64  # examples on which a model is checked; on which it is fitted first, and a task is checked
CHEAP = 200  # the longest length at which a task is checked
WIDER = 3  # columns of padding
POSITIONS = 16  # target inputs that are changed, one at a time
DECODED = 6  # steps


class ContractError(ValueError):
    """A contract is broken: one line that says which and how."""


def require(holds: bool | Tensor, name: str, what: str) -> None:
    """Raise unless a contract holds."""
    if not bool(holds):
        raise ContractError(f"{name} breaks a contract: {what}")


def small_batch(task: Task, rows: int = ROWS) -> Batch:
    """Draw a few examples of training lengths, the same ones every time."""
    return protocol_of(task).small_batch(task, rows)


def check_task(task: Task) -> None:
    """Check what a task draws: shapes, types, reserved ids, padding, the same draw from the same stream."""
    name = f"task {task.name!r}"
    try:
        first, again = small_batch(task), small_batch(task)
    except ValueError as error:
        raise ContractError(f"{name} breaks a contract: {error}") from error
    require(torch.equal(first.target, again.target), name, "the same stream must give the same batch")
    require(task.first_input(first).shape == first.target[:, 0].shape, name, "first_input must be one input a row")
    for batch in (first, *many(task)):
        for field, space in (("source", task.source), ("target", task.target)):
            check_part(batch, field, space, name)


def many(task: Task) -> Iterator[Batch]:
    """Yield more examples, of training lengths and of each evaluated one that is cheap, where they are drawn."""
    if protocol_of(task).named_lengths(task):
        return
    yield small_batch(task, MANY)
    for length in task.eval_lengths:
        if length <= CHEAP:
            yield task.sample(torch.full((MANY,), length), length, stream("cpu", "contract", task.name, length))


def check_part(batch: Batch, field: str, space: Tokens | Values | None, name: str) -> None:
    """Check a batch's source or target against its space."""
    drawn: Tensor | None = getattr(batch, field)
    length: Tensor = getattr(batch, f"{field}_length")
    require((space is None) == (drawn is None), name, f"{field} and its space must both be there or both be None")
    shape_fits = length.shape == (len(batch.target),) and not length.is_floating_point()
    require(shape_fits, name, f"{field}_length must be (batch,) int64")
    if drawn is None or space is None:
        return
    require(length.min() >= 1, name, f"{field}_length must be 1 or more, as nothing is always right; got an empty one")
    require(length.max() <= drawn.shape[1], name, f"{field}_length {int(length.max())} is past the width")
    SPACES.get(type(space), lambda *_: None)(drawn, before(length, drawn.shape[1]), space.size, field, name)


def check_tokens(drawn: Tensor, real: Tensor, size: int, field: str, name: str) -> None:
    """Check ids: padding past each length, no reserved id as data, none past the space."""
    require(drawn.ndim == 2 and drawn.dtype == torch.long, name, f"{field} must be (batch, time) int64")
    require((drawn[~real] == PAD).all(), name, f"{field} must be PAD ({PAD}) past each length")
    allowed = (drawn >= FIRST_TOKEN) | ((drawn == EOS) & (field == "target"))
    require(allowed[real].all(), name, f"{field} uses a reserved id as data")
    require(drawn.max() < size, name, f"{field} has id {int(drawn.max())}, its space only {size}")


def check_values(drawn: Tensor, real: Tensor, size: int, field: str, name: str) -> None:
    """Check vectors: of the space's size, finite."""
    shape = (*drawn.shape[:2], size)
    require(drawn.shape == shape and drawn.is_floating_point(), name, f"{field} must be {shape} floats")
    require(drawn.isfinite().all(), name, f"{field} must be finite")


SPACES: dict[type, Callable[[Tensor, Tensor, int, str, str], None]] = {Tokens: check_tokens, Values: check_values}


@dataclass(frozen=True)
class Tried:
    """A model in evaluation mode, a few examples, and its outputs in one pass given the truth."""

    model: Model
    task: Task
    batch: Batch
    inputs: Tensor
    outputs: Tensor

    def again(self, source: Tensor | None, length: Tensor, inputs: Tensor) -> Tensor:
        """Pass over changed examples."""
        outputs: Tensor = self.model(source, length, inputs)
        return outputs


def check_model(model: Model, task: Task, name: str) -> None:
    """Check that a model takes the task's batches, and that one pass over a target says what decoding would write.

    A trivial baseline is fitted on a few examples first.
    """
    if not model.trainable:
        batch = small_batch(task, ROWS if protocol_of(task).named_lengths(task) else MANY)
        model.fit(batch.source, batch.source_length, batch.target, batch.target_mask)
    batch = small_batch(task)
    inputs = shift_right(batch.target, task.first_input(batch))
    model.eval()
    with torch.no_grad():
        outputs = model(batch.source, batch.source_length, inputs)
        shape = (*batch.target.shape[:2], task.target.size)
        require(isinstance(outputs, Tensor), name, f"forward must return a tensor; got {type(outputs).__name__}")
        require(outputs.shape == shape, name, f"outputs must be {shape}; got {tuple(outputs.shape)}")
        require(outputs.isfinite().all(), name, "outputs must be finite")
        loss = task.loss(outputs, batch.target)
        require(loss.shape == shape[:2], f"task {task.name!r}", "loss must be (batch, time), not reduced")
        for check, fault in CONFORMANCE.items():
            found = fault(Tried(model, task, batch, inputs, outputs))
            if found:
                raise ContractError(f"{name} fails the {check} check: {found}")


def depends_on_rows(tried: Tried) -> str:
    """Look for an example that is answered otherwise in another order, or alone."""
    batch, rows = tried.batch, len(tried.batch.target)
    for what, order in (("in another order", list(range(rows))[::-1]), ("alone", [0])):
        chosen = rows_of(batch, torch.tensor(order))
        outputs = tried.again(chosen.source, chosen.source_length, tried.inputs[order])
        off = differ(outputs, tried.outputs[order]) & chosen.target_mask
        if off.any():
            return f"example {order[int(off.any(1).long().argmax())]} is answered otherwise {what}"
    return ""


def depends_on_padding(tried: Tried) -> str:
    """Look for an output that changes when source and target are padded wider, in a model that does not own up to it."""
    if tried.model.reads_padding:
        return ""
    source = None if tried.batch.source is None else wider(tried.batch.source)
    outputs = tried.again(source, tried.batch.source_length, wider(tried.inputs))[:, : tried.inputs.shape[1]]
    off = differ(outputs, tried.outputs) & tried.batch.target_mask
    return f"output {first(off)} changes when source and target are padded wider" if off.any() else ""


def depends_on_future(tried: Tried) -> str:
    """Look for an output that changes when a later target input does."""
    row = int(tried.batch.target_length.argmax())
    steps = int(tried.batch.target_length[row])
    if steps < 2:
        return ""
    changed_at = torch.linspace(1, steps - 1, min(POSITIONS, steps - 1)).long()
    rows = torch.full_like(changed_at, row)
    chosen, inputs = rows_of(tried.batch, rows), tried.inputs[rows]
    time = torch.arange(inputs.shape[1])
    here = (time == changed_at[:, None]).view(*inputs.shape[:2], *[1] * (inputs.ndim - 2))
    outputs = tried.again(chosen.source, chosen.source_length, torch.where(here, other(inputs, tried.task), inputs))
    off = differ(outputs, tried.outputs[rows]) & (time < changed_at[:, None])
    if not off.any():
        return ""
    case = int(off.any(1).long().argmax())
    return f"output {first(off[case : case + 1])} changes when target input {int(changed_at[case])} does"


def depends_on_pieces(tried: Tried) -> str:
    """Look for an output that is another when the decoder takes some steps one by one."""
    state = tried.model.begin(tried.batch.source, tried.batch.source_length)
    steps, found = tried.inputs.shape[1], []
    for piece in tried.inputs.tensor_split([1, 2, max(2, steps // 2)], 1):
        if piece.shape[1]:
            outputs, state = tried.model.decoder(piece, state)
            found.append(outputs)
    off = differ(torch.cat(found, 1), tried.outputs) & tried.batch.target_mask
    return f"output {first(off)} in steps is not that of one pass" if off.any() else ""


def leaves_pass(tried: Tried) -> str:
    """Look for a step that decoding writes otherwise than one pass over what it wrote does."""
    steps = min(DECODED, tried.inputs.shape[1])
    written = free_running(tried.model, tried.task, tried.batch, steps)
    inputs = shift_right(written, tried.task.first_input(tried.batch))
    outputs = tried.again(tried.batch.source, tried.batch.source_length, inputs)
    if written.is_floating_point():
        off = differ(outputs.to(written.dtype), written)
    else:
        off = shortfall(outputs, written, written) > tolerance(outputs)
    return f"output {first(off)} of greedy decoding is not what one pass over it chooses" if off.any() else ""


CONFORMANCE: dict[str, Callable[[Tried], str]] = {
    "row independence": depends_on_rows,
    "causality": depends_on_future,
    "padding": depends_on_padding,
    "steps": depends_on_pieces,
    "decoding": leaves_pass,
}


def differ(found: Tensor, expected: Tensor) -> Tensor:
    """Whether outputs (rows, time, size) differ by more than rounding: (rows, time)."""
    scale = expected.abs().amax(-1).clamp(min=1)
    return ~((found - expected).abs().amax(-1) <= tolerance(expected) * scale)


def tolerance(outputs: Tensor) -> float:
    """How much outputs of this precision may differ, as a share of the largest."""
    return TOLERANCE.get(outputs.dtype, COARSE)


def first(off: Tensor) -> int:
    """Return the first step at which any row is off: (rows, time)."""
    return int(off.any(0).long().argmax())


def wider(steps: Tensor) -> Tensor:
    """Put columns of padding behind (rows, time[, values])."""
    return F.pad(steps, (0, 0) * (steps.ndim - 2) + (0, WIDER), value=PAD)


def other(inputs: Tensor, task: Task) -> Tensor:
    """Return inputs that differ from these at every step."""
    if inputs.is_floating_point():
        return inputs + 1
    last = task.target.size - 1
    return torch.where(inputs == last, EOS, last)
