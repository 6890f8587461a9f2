"""The training loop: one for every task and family."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn

from bench.evaluate import share_right
from bench.feed import fitting_batch, training_feed
from bench.heldout_sets import validation_set
from bench.losses import masked_mean
from bench.schedules import ends_cycle, make_optimizer, rate
from bench.spec import Spec
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


def train(
    model: Model, task: Task, spec: Spec, seed: int, device: str, watch: Watch, keep: Keep | None = None
) -> Training:
    """Train a model in place on the data that `seed` names.

    `watch` sees every look and may raise to stop; `keep` gets the model at the end of every cycle of restarts.
    """
    if hasattr(model, "fit"):
        return fit(model, task, spec, seed, device)
    optimizer = make_optimizer(model, spec)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, spec))
    feed = training_feed(task, spec, seed, device)
    curve: list[Look] = []
    state: State = None
    total, symbols, looking = torch.zeros((), device=device), 0, 0.0
    started = time.perf_counter()
    model.train()
    for step in range(1, spec.steps + 1):
        data = next(feed)
        if task.streams:
            state = detach(state) if data.carries else model.begin(None, data.batch.source_length)
            outputs, state = model.decoder(data.inputs, state)
        else:
            outputs = model(data.batch.source, data.batch.source_length, data.inputs)
        loss = masked_mean(task.loss(outputs, data.batch.target), data.weight)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), spec.clip)
        optimizer.step()
        schedule.step()
        total += loss.detach()
        symbols += data.weight.numel()
        cycle = ends_cycle(step, spec)
        if keep is not None and cycle is not None:
            keep(cycle, model)
        if step % spec.check_every == 0 or step == spec.steps:
            mean_loss = float(total) / (step - (curve[-1].step if curve else 0))  # waits for the device
            before_look = time.perf_counter()
            exact = None if task.streams else share_right(model, task, validation_set(task, VALIDATION), device)
            curve.append(Look(step, mean_loss, exact, before_look - started - looking))
            total = torch.zeros((), device=device)
            watch(curve[-1])
            looking += time.perf_counter() - before_look
            if not math.isfinite(curve[-1].loss):
                return Training("diverged", step, time.perf_counter() - started - looking, symbols, curve)
            if spec.patience and len(curve) >= spec.patience and all(c.exact == 1 for c in curve[-spec.patience :]):
                break
    return Training("trained", step, time.perf_counter() - started - looking, symbols, curve)


def fit(model: Model, task: Task, spec: Spec, seed: int, device: str) -> Training:
    """Fit a floor on one large batch of training examples."""
    data = fitting_batch(task, spec, seed, device)
    started = time.perf_counter()
    batch = data.batch
    model.fit(batch.source, batch.source_length, batch.target, data.weight)
    return Training("fitted", 0, time.perf_counter() - started, data.weight.numel())
