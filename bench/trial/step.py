"""Training steps: the loss of a batch, its gradient, the weights moved; operation by operation, or by a CUDA graph."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from torch import Tensor

from bench.spec.spec import Spec
from bench.trial.batches import Step, each_part
from bench.trial.graph import Recorder, Replays, recorder_of
from bench.trial.losses import masked_mean
from bench.trial.optimisers import Optimiser
from bench.trial.protocols import protocol_of
from models.base import Model, State, detach, map_state
from tasks.base import Task


class Steps(Protocol):
    """Takes training steps."""

    def __call__(self, step: Step, state: State, share: float) -> tuple[Tensor, State]:
        """Move the weights once, at a share of the highest learning rate.

        -> the loss before, and the state that reading the batch leaves; both are good until the next call
        """

    def release(self) -> None:
        """Leave the model with weights of its own."""


class PlainSteps:
    """Takes each step operation by operation."""

    def __init__(self, model: Model, task: Task, spec: Spec) -> None:
        self.model, self.task, self.optimiser = model, task, Optimiser(model, spec)

    def __call__(self, step: Step, state: State, share: float) -> tuple[Tensor, State]:
        """See `Steps`."""
        reading = Reading(self.model, self.task, step, state)
        return self.optimiser.step(reading, share), reading.after

    def release(self) -> None:
        """See `Steps`."""
        self.optimiser.release()


class GraphSteps:
    """Records a step of each set of shapes and replays it: data, carried state and learning rate are put in place."""

    def __init__(self, model: Model, task: Task, spec: Spec, recorder: Recorder) -> None:
        self.model, self.task, self.optimiser = model, task, Optimiser(model, spec, capturable=True)
        self.replays: Replays[tuple[Tensor, State]] = Replays(recorder, f"{spec.column} on {spec.row} is trained")

    def __call__(self, step: Step, state: State, share: float) -> tuple[Tensor, State]:
        """See `Steps`."""
        state = detach(state) if step.carries else None
        given = tensors_of(step, state)
        shapes = tuple((tuple(each.shape), each.dtype) for each in given)
        fixed = str([leaf for leaf in leaves(state) if not isinstance(leaf, Tensor)])  # a graph would not see it change
        kind = step.carries, step.pads, shapes, fixed

        def work(tensors: list[Tensor]) -> tuple[Tensor, State]:
            reading = Reading(self.model, self.task, *with_tensors(step, state, tensors))
            return self.optimiser.move(reading), detach(reading.after)

        self.optimiser.set_rate(share)
        return self.replays(kind, work, given)

    def release(self) -> None:
        """See `Steps`."""
        self.optimiser.release()


class Reading:
    """Reads a batch: called, it gives the loss; `after` is the state that it leaves."""

    def __init__(self, model: Model, task: Task, step: Step, state: State) -> None:
        self.model, self.task, self.step, self.state = model, task, step.needed, state
        self.after: State = None

    def __call__(self) -> Tensor:
        """Return the loss, the mean over what counts."""
        outputs, self.after = protocol_of(self.task).forward(self.model, self.task, self.step, self.state)
        return masked_mean(self.task.loss(outputs, self.step.batch.target), self.step.weight)


def tensors_of(step: Step, state: State) -> list[Tensor]:
    """Return all tensors of a step and of a state, in order."""
    found: list[Tensor] = [part for part in vars(step.batch).values() if part is not None]
    found += [step.inputs, step.weight]
    return [*found, *(leaf for leaf in leaves(state) if isinstance(leaf, Tensor))]


def leaves(state: State) -> list[Tensor | None]:
    """Return all that a state holds, in order."""
    return [leaf for part in state for leaf in leaves(part)] if isinstance(state, tuple) else [state]


def with_tensors(step: Step, state: State, tensors: list[Tensor]) -> tuple[Step, State]:
    """Return a step and a state with other tensors, in the order of `tensors_of`."""
    left = iter(tensors)
    batch = each_part(lambda _: next(left), step.batch)
    return replace(step, batch=batch, inputs=next(left), weight=next(left)), map_state(lambda _: next(left), state)


def make_steps(model: Model, task: Task, spec: Spec, device: str) -> Steps:
    """Return what takes training steps on a device; L-BFGS, whose steps are of any number, takes them plainly."""
    recorder = recorder_of(device) if spec.optimizer != "lbfgs" else None
    return PlainSteps(model, task, spec) if recorder is None else GraphSteps(model, task, spec, recorder)
