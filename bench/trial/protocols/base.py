"""What a protocol says of one kind of data, and the table of all. By default: examples that are drawn, one by one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import ClassVar, NamedTuple, TypeVar

import torch
from torch import Tensor

from bench.spec.spec import Spec
from bench.trial.batches import Step, draw, on, rows_of, sampled
from bench.trial.evaluation_sets import adversarial_set, evaluation_set, tensors_hash, validation_set
from bench.trial.holdout import held_out
from bench.trial.losses import shift_right
from bench.trial.metrics import Counts, Score
from bench.trial.streams import stream
from models.base import Model, State
from tasks.base import Batch, Task
from tasks.text.language import Language

VALIDATION = 256  # held-out examples of training lengths at a validation point


class Answer(NamedTuple):
    """One evaluated example and what a model made of it, step by step.

    given: the source, empty for a text; truth: the target; written: the model's own answer, which may be longer or
        shorter (of a text: what it predicts at each step, given the true tokens before); each (time[, values])
    shortfall (time,): see bench/trial/decode.py; empty where what is decoded is what is scored
    """

    given: Tensor
    truth: Tensor
    written: Tensor
    shortfall: Tensor


class Protocol(ABC):
    """How tasks of one kind of data are trained on and scored.

    continues: whether a trained model can go on by itself; elsewhere examples are answered, and that is the end
    looks: whether a length past training may be judged on fewer examples, or on none: bench/trial/looks.py
    """

    continues: ClassVar[bool] = False
    looks: ClassVar[bool] = False

    @abstractmethod
    def kind(self, task: Task) -> str:
        """Return how records and CSV call what is scored."""

    def batches(self, task: Task, spec: Spec, seed: int, device: str) -> Iterator[Step]:
        """Yield training steps without end, drawn on the device from the seed's own stream."""
        return sampled(task, spec, seed, device)

    def fitting_batch(self, task: Task, spec: Spec, seed: int, device: str) -> Step:
        """Return one large step for trivial baselines, `spec.fits` examples, none of them held out."""
        batch = draw(task, spec.fits, stream(device, seed, "train"), training=True)
        held = held_out(batch)
        if held is not None:
            batch = rows_of(batch, ~held)
        return Step(batch, shift_right(batch.target, task.first_input(batch)), batch.target_mask)

    def forward(self, model: Model, task: Task, step: Step, state: State) -> tuple[Tensor, State]:
        """Return a training step's outputs (batch, time, size), and the state that goes on to the next step."""
        batch = step.batch
        if step.pads:
            return model(batch.source, batch.source_length, step.inputs), None
        return model.forward_within(batch.source, batch.source_length, step.inputs, batch.target_length), None

    def validate(self, model: Model, task: Task, device: str) -> float | None:
        """Return the exact match on held-out examples of training lengths, and leave the model training."""
        model.eval()
        with torch.no_grad():
            score = self.score_batch(model, task, validation_set(task, VALIDATION), True, device)
        model.train()
        return score.right / score.examples

    def score(self, model: Model, task: Task, length: int, examples: int, device: str, first: int = 0) -> Score:
        """Score a model at one length, on that length's fixed evaluation set; first: see `Strings`."""
        model.eval()
        chosen = evaluation_set(task, length, examples)
        with torch.no_grad():
            return self.score_batch(model, task, chosen.batch, chosen.unseen, device)

    def score_batch(self, model: Model, task: Task, batch: Batch, unseen: bool, device: str) -> Score:
        """Score a model in evaluation mode on a batch of examples, which `score` and `validate` draw."""
        raise NotImplementedError

    def adversarial(self, model: Model, task: Task, length: int, examples: int, device: str) -> dict[str, Counts]:
        """Score up to so many examples of each adversarial kind at one length, but kinds that have none there."""
        model.eval()
        found = {}
        for kind in task.adversarial_kinds:
            batch = adversarial_set(task, kind, length, examples)
            if batch is not None:
                with torch.no_grad():
                    score = self.score_batch(model, task, batch, True, device)
                found[kind] = {"examples": score.examples, "right": score.right, "stopped_wrong": score.stopped_wrong}
        return found

    def fingerprint(self, task: Task, examples: int, adversarial: int = 0) -> str:
        """Hash all that evaluation reads, at every declared length; adversarial: examples of each adversarial kind."""
        sets = [evaluation_set(task, length, examples).batch for length in task.eval_lengths]
        if adversarial:
            drawn = (
                adversarial_set(task, kind, length, adversarial)
                for length in task.eval_lengths
                for kind in task.adversarial_kinds
            )
            sets += [batch for batch in drawn if batch is not None]
        return tensors_hash(part for b in sets for part in (b.source, b.source_length, b.target, b.target_length))

    def examples(self, task: Task, length: int, count: int) -> list[str]:
        """Return some evaluated examples of a length as people read them."""
        batch = evaluation_set(task, length, count).batch
        return [task.show(batch, row) for row in range(len(batch.target))]

    @abstractmethod
    def answers(self, model: Model, task: Task, length: int, count: int, device: str) -> list[Answer]:
        """Return what a model makes of some evaluated examples of a length by real decoding."""

    def state(self, model: Model, task: Task, device: str) -> State:
        """Return the state with which one example's decoding begins, at the longest training length."""
        one = on(device, rows_of(evaluation_set(task, max(task.train_lengths), 1).batch, torch.tensor([0])))
        with torch.no_grad():
            return model.begin(one.source, one.source_length)

    def small_batch(self, task: Task, rows: int) -> Batch:
        """Draw a few examples of training lengths, the same ones every time."""
        return draw(task, rows, stream("cpu", "contract", task.name))

    def strings(self, task: Task, rows: int, length: int | None = None) -> Batch | None:
        """Return held-out examples whose steps are tokens, of a length or of mixed training lengths; None: no such."""
        return None

    def language(self, task: Task) -> Language | None:
        """Return the task as a text that is read, None where it has none."""
        return None

    def named_lengths(self, task: Task) -> tuple[int, ...]:
        """Return the lengths that name a text each; () where examples of any length can be drawn."""
        return ()


PROTOCOLS: dict[str, Protocol] = {}
ProtocolClass = TypeVar("ProtocolClass", bound=type[Protocol])


def register(data: str) -> Callable[[ProtocolClass], ProtocolClass]:
    """Add the decorated protocol for tasks whose `data` has this name; a name that is taken raises ValueError."""

    def add(protocol: ProtocolClass) -> ProtocolClass:
        if data in PROTOCOLS:
            raise ValueError(f"a protocol for {data!r} exists already; give yours another name")
        PROTOCOLS[data] = protocol()
        return protocol

    return add


def protocol_of(task: Task) -> Protocol:
    """Return the protocol of a task's kind of data."""
    if task.data not in PROTOCOLS:
        raise ValueError(f"task {task.name!r} has unknown data {task.data!r}; choose from: {', '.join(PROTOCOLS)}")
    return PROTOCOLS[task.data]
