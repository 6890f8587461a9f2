"""The training loop: one for every task and family."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import torch

from bench.spec.spec import Spec
from bench.trial.optimisers import Average, ends_cycle, make_average, rate
from bench.trial.precision import use_whole_products
from bench.trial.protocols import protocol_of
from bench.trial.step import make_steps
from bench.trial.turns import Turns, to_the_end
from models.base import Model
from tasks.base import Task


@dataclass
class ValidationPoint:
    """What was measured at one step.

    loss: mean since the last point; exact: held-out exact match (None for a text); seconds of training so far
    """

    step: int
    loss: float
    exact: float | None
    seconds: float


@dataclass
class Training:
    """How training went. status: "trained", "fitted" or "diverged"; tokens: read so far.

    seconds: without validation, and of trainings that take turns its own turns alone; cpu_seconds: of them, those in
        which a processor worked for this process, all threads together: what a busy machine does not change
    """

    status: str
    steps: int
    seconds: float
    cpu_seconds: float
    tokens: int
    curve: list[ValidationPoint] = field(default_factory=list)


Watch = Callable[[ValidationPoint], None]  # sees every validation point, and may raise to stop
Keep = Callable[[int, Model], None]  # gets the model at the end of every cycle of restarts, and the cycle's number


@dataclass
class Clock:
    """How far training is in its budget: by steps, or by seconds where these run out sooner."""

    spec: Spec
    started: float
    stopped_for: float = 0.0  # seconds of validation and of others' turns, which are not this training's
    cpu_started: float = field(default_factory=time.process_time)
    cpu_stopped_for: float = 0.0

    @property
    def seconds(self) -> float:
        """How long training took so far."""
        return time.perf_counter() - self.started - self.stopped_for

    @property
    def cpu_seconds(self) -> float:
        """How long a processor worked on it so far."""
        return time.process_time() - self.cpu_started - self.cpu_stopped_for

    @contextmanager
    def stopped(self) -> Iterator[float]:
        """Count nothing meanwhile; gives the seconds so far."""
        seconds, before, cpu_before = self.seconds, time.perf_counter(), time.process_time()
        yield seconds
        self.stopped_for += time.perf_counter() - before
        self.cpu_stopped_for += time.process_time() - cpu_before

    def position(self, step: int) -> int:
        """Return the step whose learning rate is due after `step` steps."""
        if not self.spec.seconds:
            return step
        return max(step, min(self.spec.steps, int(self.spec.steps * self.seconds / self.spec.seconds)))


def train(
    model: Model, task: Task, spec: Spec, seed: int, device: str, watch: Watch, keep: Keep | None = None
) -> Training:
    """Train a model in place on the data that `seed` names; a trivial baseline is fitted."""
    return to_the_end(trained_in_turns(model, task, spec, seed, device, watch, keep))


def trained_in_turns(
    model: Model, task: Task, spec: Spec, seed: int, device: str, watch: Watch, keep: Keep | None
) -> Turns[Training]:
    """Do as `train`, with a pause behind every step."""
    use_whole_products()
    if not model.trainable:
        return fit(model, task, spec, seed, device)
    clock, protocol = Clock(spec, time.perf_counter()), protocol_of(task)
    steps, average = make_steps(model, task, spec, device), make_average(model, spec)
    batches, state = protocol.batches(task, spec, seed, device), None
    curve, total, tokens = list[ValidationPoint](), torch.zeros((), device=device), 0
    model.train()
    for step in range(1, spec.steps + 1):
        if step == 1 or spec.optimizer != "lbfgs":  # which needs the same loss at every step
            batch = next(batches)
        loss, state = steps(batch, state, rate(clock.position(step - 1), spec))
        if average is not None:
            average.update(model)
        if keep is not None and (cycle := ends_cycle(step, spec)) is not None:
            keep(cycle, model)
        total += loss
        tokens += batch.weight.numel()
        is_last = step == spec.steps or clock.position(step) >= spec.steps
        if is_last or step % spec.eval_every == 0:
            mean = float(total) / (step - (curve[-1].step if curve else 0))  # waits for the device
            total = torch.zeros((), device=device)
            with clock.stopped() as seconds:
                exact = protocol.validate(model if average is None else average.module, task, device)
                curve.append(ValidationPoint(step, mean, exact, seconds))
                watch(curve[-1])
            if is_last or is_over(curve, spec.patience):
                break
        with clock.stopped():
            yield
    steps.release()
    return ended(model, average, Training("trained", step, clock.seconds, clock.cpu_seconds, tokens, curve))


def ended(model: Model, average: Average | None, training: Training) -> Training:
    """Give a model its averaged weights, unless it diverged -> how its training went."""
    if not math.isfinite(training.curve[-1].loss):
        return replace(training, status="diverged")
    if average is not None:
        model.load_state_dict(average.module.state_dict())
    return training


def is_over(curve: list[ValidationPoint], patience: int) -> bool:
    """Whether training diverged, or its last `patience` validation points were all exact; never so with 0."""
    learnt = 0 < patience <= len(curve) and all(point.exact == 1 for point in curve[-patience:])
    return learnt or not math.isfinite(curve[-1].loss)


def fit(model: Model, task: Task, spec: Spec, seed: int, device: str) -> Training:
    """Fit a trivial baseline on one large batch of training examples."""
    data = protocol_of(task).fitting_batch(task, spec, seed, device)
    clock, batch = Clock(spec, time.perf_counter()), data.batch
    model.fit(batch.source, batch.source_length, batch.target, data.weight)
    return Training("fitted", 0, clock.seconds, clock.cpu_seconds, data.weight.numel())
