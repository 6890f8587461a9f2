"""Contracts that a task and a model must keep, checked on small batches before anything is trained, and in tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

import torch
from torch import Tensor

from bench.probes.samples import tolerance
from bench.trial.batches import rows_of
from bench.trial.decode import free_running, shortfall
from bench.trial.losses import masked_mean, shift_right
from bench.trial.protocols import protocol_of
from bench.trial.streams import stream
from models.base import Model
from models.layers import kernels
from tasks.base import EOS, FIRST_TOKEN, PAD, Batch, Task, Tokens, Values, before

ROWS, MANY = 4, 64  # examples on which a model is checked; on which it is fitted first, and a task is checked
CHEAP = 200  # the longest length at which a task is checked
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


def check_model(model: Model, task: Task, name: str) -> None:
    """Check that a model takes the task's batches, and that one pass over a target says what decoding would write.

    A trivial baseline is fitted on a few examples first.
    """
    if not model.trainable:
        few = small_batch(task, ROWS if protocol_of(task).named_lengths(task) else MANY)
        model.fit(few.source, few.source_length, few.target, few.target_mask)
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
        asked = (model, task, batch, inputs, outputs)
        for check, off, what in chain(in_other_rows(*asked), with_other_inputs(*asked), in_steps(*asked)):
            if off.any():
                step = int(off.any(0).long().argmax())
                raise ContractError(f"{name} fails the {check} check: output {step} {what}")
    check_gradients(model, task, batch, inputs, name)


def check_gradients(model: Model, task: Task, batch: Batch, inputs: Tensor, name: str) -> None:
    """Check that a model has the gradients by kernels in C that it has by torch, in every parameter."""
    if kernels.library() is None or not model.trainable:
        return
    with kernels.switched_off():
        expected = gradients(model, task, batch, inputs)
    for parameter, ours in gradients(model, task, batch, inputs).items():
        theirs = expected[parameter]
        same = torch.allclose(ours, theirs, rtol=1e-3, atol=1e-6 + 1e-3 * float(theirs.abs().max()))
        require(same, name, f"the gradient of {parameter} by kernels in C is another than by torch")


def gradients(model: Model, task: Task, batch: Batch, inputs: Tensor) -> dict[str, Tensor]:
    """Return the gradient of every parameter that is trained, zeros where the loss does not hang on it."""
    trained = {name: each for name, each in model.named_parameters() if each.requires_grad}
    with torch.enable_grad():
        losses = task.loss(model(batch.source, batch.source_length, inputs), batch.target)
    if not losses.requires_grad:
        return {}
    found = torch.autograd.grad(masked_mean(losses, batch.target_mask), list(trained.values()), allow_unused=True)
    pairs = zip(trained.items(), found, strict=True)
    return {name: torch.zeros_like(each) if one is None else one for (name, each), one in pairs}


Finding = tuple[str, Tensor, str]  # a check, where outputs (rows, time) are not as they must be, and what that means


def in_other_rows(model: Model, task: Task, batch: Batch, inputs: Tensor, outputs: Tensor) -> Iterator[Finding]:
    """Pass over the rows in another order, and over one alone."""
    for what, order in (("in another order", list(range(len(inputs)))[::-1]), ("alone", [0])):
        rows = rows_of(batch, torch.tensor(order))
        again = model(rows.source, rows.source_length, inputs[order])
        yield "row independence", differ(again, outputs[order]) & rows.target_mask, f"is another where a row is {what}"


def with_other_inputs(model: Model, task: Task, batch: Batch, inputs: Tensor, outputs: Tensor) -> Iterator[Finding]:
    """Change target inputs of the longest row, one at a time; then pass over the shortest without its padding."""
    longest = int(batch.target_length.argmax())
    last = int(batch.target_length[longest]) - 1
    changed = torch.linspace(1, last, min(POSITIONS, last)).long()
    rows, time = torch.full_like(changed, longest), torch.arange(inputs.shape[1])
    here = (time == changed[:, None]).view(*rows.shape, *time.shape, *[1] * (inputs.ndim - 2))
    asked = rows_of(batch, rows)
    altered = torch.where(here, other(inputs[rows], task.target.size), inputs[rows])
    off = differ(model(asked.source, asked.source_length, altered), outputs[rows]) & (time < changed[:, None])
    for index, place in enumerate(changed.tolist()):
        yield "causality", off[index : index + 1], f"changes when target input {place} does"
    shortest = int(batch.target_length.argmin())
    row, steps = rows_of(batch, torch.tensor([shortest])), int(batch.target_length[shortest])
    if not model.reads_padding:
        source = None if row.source is None else row.source[:, : int(row.source_length)]
        again = model(source, row.source_length, inputs[[shortest], :steps])
        yield "padding", differ(again, outputs[[shortest], :steps]), "is another where a row is not padded"


def in_steps(model: Model, task: Task, batch: Batch, inputs: Tensor, outputs: Tensor) -> Iterator[Finding]:
    """Let the decoder take the same inputs in steps, then decode greedily and pass over what that wrote."""
    state, found = model.begin(batch.source, batch.source_length), []
    for piece in inputs.tensor_split([1, 2, max(2, inputs.shape[1] // 2)], 1):
        if piece.shape[1]:
            stepped, state = model.decoder(piece, state)
            found.append(stepped)
    yield "steps", differ(torch.cat(found, 1), outputs) & batch.target_mask, "in steps is not that of one pass"
    written = free_running(model, task, batch, min(DECODED, inputs.shape[1]))
    again = model(batch.source, batch.source_length, shift_right(written, task.first_input(batch)))
    if written.is_floating_point():
        off = differ(again.to(written.dtype), written)
    else:
        off = shortfall(again, written, written) > tolerance(again)
    yield "decoding", off, "of greedy decoding is not what one pass over it chooses"


def differ(found: Tensor, expected: Tensor) -> Tensor:
    """Whether outputs (rows, time, size) differ by more than rounding: (rows, time)."""
    scale = expected.abs().amax(-1).clamp(min=1)
    return ~((found - expected).abs().amax(-1) <= tolerance(expected) * scale)


def other(inputs: Tensor, size: int) -> Tensor:
    """Return inputs that differ from these at every step; size: of their space."""
    return inputs + 1 if inputs.is_floating_point() else torch.where(inputs == size - 1, EOS, size - 1)
