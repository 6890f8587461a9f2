"""The learning rate and the optimiser: how fast weights move at each step."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy
from functools import partial

import torch
from torch import Tensor, nn

from bench.spec.spec import Spec
from bench.trial.flat import Flat, flattened
from models.base import Model

DROP = 0.1  # what is left of the rate after the step of "drop"
RISE = 0.25  # the share of "one_cycle" that goes up
FIRST, LAST = 1 / 25, 1e-5  # its first rate, as a share of the highest, and its last, as a share of the first


class Optimiser:
    """Moves a model's weights by the gradient of a loss: clipped, at the rate that is due.

    The weights are laid end to end (bench/trial/flat.py) at the first step, when it is known which have a gradient;
    but for L-BFGS, which does so itself.
    capturable: the rate lies in a tensor and nothing is read back, so that a graph can hold a step
    """

    def __init__(self, model: Model, spec: Spec, capturable: bool = False) -> None:
        self.model, self.spec, self.capturable = model, spec, capturable
        self.flats: list[Flat] = []
        self.moved: list[nn.Parameter] = []  # what the optimiser sees as parameters
        self.optimizer: torch.optim.Optimizer | None = None
        self.rate: float | Tensor = 0.0
        if capturable:
            self.rate = torch.zeros((), device=next(model.parameters()).device)

    def step(self, loss: Callable[[], Tensor], share: float) -> Tensor:
        """Take a step at a share of the highest learning rate -> the loss before it, as `loss` computes it."""
        self.set_rate(share)
        if self.spec.optimizer != "lbfgs":
            return self.move(loss)
        optimizer = self.prepared(list(self.model.parameters()))  # it compares gradients, and asks for several
        # torch types a closure as one that returns a float; what it returns, and `step` passes on, may be a tensor.
        return optimizer.step(partial(self.pulled, loss)).detach()  # type: ignore[arg-type, attr-defined]

    def set_rate(self, share: float) -> None:
        """Set the rate of the steps that follow, as a share of the highest."""
        due = self.spec.learning_rate * share
        if isinstance(self.rate, Tensor):
            self.rate.fill_(due)
            return
        self.rate = due
        for group in self.optimizer.param_groups if self.optimizer is not None else ():
            group["lr"] = due

    def pulled(self, loss: Callable[[], Tensor]) -> Tensor:
        """Compute a loss and its gradient."""
        self.model.zero_grad(set_to_none=True)
        found = loss()
        found.backward()
        return found

    def move(self, loss: Callable[[], Tensor]) -> Tensor:
        """Take a step at the rate that was set -> the loss before it."""
        found = self.pulled(loss)
        if self.optimizer is None:
            self.flats, others = flattened(self.model.parameters())
            self.moved = [*(flat.whole for flat in self.flats), *others]
        for flat in self.flats:
            flat.gather()
        nn.utils.clip_grad_norm_(self.moved, self.spec.grad_clip)
        self.prepared(self.moved).step()
        return found.detach()

    def prepared(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        """Return torch's optimiser of these parameters, made at the first step."""
        if self.optimizer is None:
            self.optimizer = make_optimizer(parameters, self.spec, self.capturable)
            for group in self.optimizer.param_groups:
                group["lr"] = self.rate
        return self.optimizer

    def release(self) -> None:
        """Give the weights storage of their own again."""
        for flat in self.flats:
            flat.release()


def make_optimizer(parameters: list[nn.Parameter], spec: Spec, capturable: bool) -> torch.optim.Optimizer:
    """Return AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101), RMSprop (Hinton 2012, lecture 6e) or L-BFGS.

    A step of L-BFGS (Liu and Nocedal 1989) is up to twenty of its own, each with a line search by the Wolfe conditions.
    capturable: its steps can be held by a graph, where there are such
    """
    if spec.optimizer == "lbfgs":
        return torch.optim.LBFGS(
            parameters,
            lr=spec.learning_rate,
            line_search_fn="strong_wolfe",
            tolerance_grad=0.0,
            tolerance_change=0.0,
            history_size=20,
        )
    held = capturable and parameters[0].device.type != "cpu"
    rate, decay = spec.learning_rate, spec.weight_decay
    if spec.optimizer == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=rate, weight_decay=decay, alpha=0.9, capturable=held)
    return torch.optim.AdamW(parameters, lr=rate, weight_decay=decay, fused=True, capturable=held)


class Average:
    """The exponential moving average of a model's weights over steps: `module` has them, and buffers of the last step.

    Nothing is asked of the device: torch's AveragedModel sends it a count at every step, which waits.
    """

    def __init__(self, model: Model, decay: float) -> None:
        self.module, self.decay, self.empty = deepcopy(model), decay, True

    @torch.no_grad()
    def update(self, model: Model) -> None:
        """Take in the weights after a step; those after the first are the average that it starts from."""
        averages, weights = ([each.detach() for each in part.parameters()] for part in (self.module, model))
        if self.empty:
            torch._foreach_copy_(averages, weights)
        else:
            torch._foreach_lerp_(averages, weights, 1 - self.decay)
        self.empty = False
        for average, buffer in zip(self.module.buffers(), model.buffers(), strict=True):
            average.copy_(buffer)


def make_average(model: Model, spec: Spec) -> Average | None:
    """Return what averages the weights over steps, None where the spec asks for none."""
    return Average(model, spec.ema) if spec.ema else None


def rate(step: int, spec: Spec) -> float:
    """Return the learning rate at a step, counted from 0, as a share of the highest.

    Linear warm-up, then "constant"; "cosine" to zero at the last step; "drop" to a tenth at step `period`; "restarts":
    cosines to zero, the first of `period` steps, each next twice as long (Loshchilov and Hutter 2017, arXiv
    1608.03983). "one_cycle" has no other warm-up: up for a quarter of the steps and down to almost nothing, both by
    cosines (Smith and Topin 2018, arXiv 1708.07120).
    """
    if spec.schedule == "one_cycle":
        return one_cycle(step / spec.steps)
    if step < spec.warmup:
        return (step + 1) / spec.warmup
    if spec.schedule == "drop":
        return 1.0 if step < spec.period else DROP
    if spec.schedule == "restarts":
        cycle, first = cycle_at(step, spec)
        return cosine(1.0, 0.0, (step - first) / (spec.period << cycle))
    if spec.schedule == "constant" or spec.steps <= spec.warmup:
        return 1.0
    return cosine(1.0, 0.0, (step - spec.warmup) / (spec.steps - spec.warmup))


def cosine(start: float, end: float, share: float) -> float:
    """Go from start to end along half a cosine, `share` of the way."""
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))


def one_cycle(share: float) -> float:
    """Return the rate after a share of all steps."""
    if share < RISE:
        return cosine(FIRST, 1.0, share / RISE)
    return cosine(1.0, FIRST * LAST, (share - RISE) / (1 - RISE))


def cycle_at(step: int, spec: Spec) -> tuple[int, int]:
    """Return which cycle of restarts a step after the warm-up is in, counted from 0, and that cycle's first step."""
    cycle, first = 0, spec.warmup
    while step >= first + (spec.period << cycle):
        first += spec.period << cycle
        cycle += 1
    return cycle, first


def ends_cycle(step: int, spec: Spec) -> int | None:
    """Return the cycle of restarts, counted from 0, whose last step this is (steps done so far), None for any other."""
    if spec.schedule != "restarts" or step <= spec.warmup:
        return None
    cycle, first = cycle_at(step - 1, spec)
    return cycle if step == first + (spec.period << cycle) else None
