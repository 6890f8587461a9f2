"""The training loop: one for every task and family."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from bench.spec.spec import Spec
from bench.trial.batches import Step, fitting_batch, training_feed
from bench.trial.evaluate import share_right
from bench.trial.evaluation_sets import validation_set
from bench.trial.losses import masked_mean
from bench.trial.optimisers import ends_cycle, make_average, make_optimizer, rate
from models.base import Model, State, detach
from tasks.base import Task

VALIDATION = 256  # held-out strings of training lengths that early stopping looks at


@dataclass
class Look:
    """What was seen at one step.

    loss: mean since the last look; exact: held-out exact match (None for a stream); seconds of training so far
    """

    step: int
    loss: float
    exact: float | None
    seconds: float


@dataclass
class Training:
    """How training went. status: "trained", "fitted" or "diverged"; seconds exclude the looks at held-out strings."""

    status: str
    steps: int
    seconds: float
    symbols: int
    curve: list[Look] = field(default_factory=list)


Watch = Callable[[Look], None]
Keep = Callable[[int, Model], None]


@dataclass
class Pace:
    """How far training is in its budget: by steps, or by seconds where these run out sooner."""

    spec: Spec
    started: float
    looking: float = 0.0  # seconds spent on held-out strings, which are not training's

    @property
    def seconds(self) -> float:
        """How long training took so far."""
        return time.perf_counter() - self.started - self.looking

    def position(self, step: int) -> int:
        """Return the step whose learning rate is due after `step` steps."""
        if not self.spec.seconds:
            return step
        return max(step, min(self.spec.steps, int(self.spec.steps * self.seconds / self.spec.seconds)))


def train(
    model: Model, task: Task, spec: Spec, seed: int, device: str, watch: Watch, keep: Keep | None = None
) -> Training:
    """Train a model in place on the data that `seed` names.

    `watch` sees every look and may raise to stop; `keep` gets the model at the end of every cycle of restarts.
    """
    if hasattr(model, "fit"):
        return fit(model, task, spec, seed, device)
    pace = Pace(spec, time.perf_counter())
    optimizer, average = make_optimizer(model, spec), make_average(model, spec)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(pace.position(step), spec))
    feed = training_feed(task, spec, seed, device)
    curve: list[Look] = []
    state: State = None
    total, symbols = torch.zeros((), device=device), 0
    model.train()
    for step in range(1, spec.steps + 1):
        if step == 1 or spec.optimizer != "lbfgs":  # which needs the same loss at every step
            data = next(feed)
        lesson = Lesson(model, task, data, state, optimizer, spec)
        # torch's types have a closure return a float; what it returns, and `step` passes on, may be a tensor.
        total += optimizer.step(lesson.measure).detach()  # type: ignore[arg-type, attr-defined]
        state = lesson.state
        schedule.step()
        if average is not None:
            average.update_parameters(model)
        symbols += data.weight.numel()
        cycle = ends_cycle(step, spec)
        if keep is not None and cycle is not None:
            keep(cycle, model)
        last = step == spec.steps or pace.position(step) >= spec.steps
        if step % spec.eval_every == 0 or last:
            mean_loss = float(total) / (step - (curve[-1].step if curve else 0))  # waits for the device
            seconds, before_look = pace.seconds, time.perf_counter()
            judged = model if average is None else average.module
            exact = None if task.streams else share_right(judged, task, validation_set(task, VALIDATION), device)
            curve.append(Look(step, mean_loss, exact, seconds))
            total = torch.zeros((), device=device)
            watch(curve[-1])
            pace.looking += time.perf_counter() - before_look
            if not math.isfinite(curve[-1].loss):
                return Training("diverged", step, pace.seconds, symbols, curve)
            if last or is_learnt(curve, spec.patience):
                break
    if average is not None:
        model.load_state_dict(average.module.state_dict())
    return Training("trained", step, pace.seconds, symbols, curve)


def is_learnt(curve: list[Look], patience: int) -> bool:
    """Whether the last `patience` looks were all exact; never with a patience of 0."""
    return bool(patience) and len(curve) >= patience and all(look.exact == 1 for look in curve[-patience:])


class Lesson:
    """One training step's data: its loss at the present weights, their gradient, and the state that it leaves."""

    def __init__(
        self, model: Model, task: Task, data: Step, state: State, optimizer: torch.optim.Optimizer, spec: Spec
    ) -> None:
        self.model, self.task, self.data, self.before = model, task, data, state
        self.optimizer, self.spec = optimizer, spec
        self.state: State = None

    def measure(self) -> Tensor:
        """Return the loss, its gradient in place and clipped (L-BFGS, which compares gradients, gets the whole)."""
        loss = masked_mean(self.task.loss(self.outputs(), self.data.batch.target), self.data.weight)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if self.spec.optimizer != "lbfgs":
            nn.utils.clip_grad_norm_(self.model.parameters(), self.spec.grad_clip)
        return loss

    def outputs(self) -> Tensor:
        """Return what the model makes of the data; a text is read on from the state before."""
        batch = self.data.batch
        if not self.task.streams:
            return self.model(batch.source, batch.source_length, self.data.inputs)
        before = detach(self.before) if self.data.carries else self.model.begin(None, batch.source_length)
        outputs, self.state = self.model.decoder(self.data.inputs, before)
        return outputs


def fit(model: Model, task: Task, spec: Spec, seed: int, device: str) -> Training:
    """Fit a floor on one large batch of training examples."""
    data = fitting_batch(task, spec, seed, device)
    started = time.perf_counter()
    batch = data.batch
    model.fit(batch.source, batch.source_length, batch.target, data.weight)
    return Training("fitted", 0, time.perf_counter() - started, data.weight.numel())
