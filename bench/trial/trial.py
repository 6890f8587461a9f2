"""One trial: build a model for a task, train it, evaluate it at every declared length."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from bench.spec.spec import Spec
from bench.trial.build import build_model, build_task
from bench.trial.looks import Looks
from bench.trial.metrics import Counts, Score
from bench.trial.protocols import protocol_of
from bench.trial.streams import number
from bench.trial.train import Keep, Training, Watch, trained_in_turns
from bench.trial.turns import Turns, to_the_end
from models.base import Model
from tasks.base import Task

HandOver = Callable[[Model, Training], None]


@dataclass(frozen=True)
class Evaluation:
    """What a model does at every declared length; failed: lengths that could not be evaluated, and why."""

    scores: dict[int, Score]
    adversarial: dict[int, dict[str, Counts]]
    failed: dict[int, str]
    fingerprint: str
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What came out of a trial of one seed."""

    seed: int
    task: Task
    model: Model
    training: Training
    evaluation: Evaluation

    @property
    def parameters(self) -> int:
        """How many numbers training may change."""
        return sum(parameter.numel() for parameter in self.model.parameters() if parameter.requires_grad)


def run_trial(
    spec: Spec, seed: int, device: str, watch: Watch, keep: Keep | None = None, hand_over: HandOver | None = None
) -> Outcome:
    """Train and evaluate a spec with one seed on a device.

    `watch` sees the progress; `keep` gets the weights at each cycle's end; `hand_over` gets the trained model before it
    is evaluated, so that no failure there loses it.
    """
    return to_the_end(trial_in_turns(spec, seed, device, watch, keep, hand_over))


def trial_in_turns(
    spec: Spec, seed: int, device: str, watch: Watch, keep: Keep | None, hand_over: HandOver | None
) -> Turns[Outcome]:
    """Do as `run_trial`, with a pause behind every training step."""
    task = build_task(spec.task, spec.task_settings)
    model = new_model(task, spec, seed, device)
    training = yield from trained_in_turns(model, task, spec, data_seed(spec, seed), device, watch, keep)
    if hand_over is not None:
        hand_over(model, training)
    return Outcome(seed, task, model, training, evaluate_trained(task, model, spec, device))


def new_model(task: Task, spec: Spec, seed: int, device: str) -> Model:
    """Build a spec's model with the weights that a seed draws."""
    torch.manual_seed(number(seed, "weights"))  # initial weights and dropout; data have streams of their own
    return build_model(spec.model, task, spec.model_settings).to(device)


def data_seed(spec: Spec, seed: int) -> int:
    """Return the seed of a trial's training data: its own, or the one that the spec names."""
    return seed if spec.data_seed is None else spec.data_seed


def evaluate_trained(task: Task, model: Model, spec: Spec, device: str) -> Evaluation:
    """Score a model at every declared length; a length that fails is noted and the others stand.

    Lengths past training may need fewer strings, or none: bench/trial/looks.py. Where every length fails, the first
    one's error is raised.
    """
    started, protocol = time.perf_counter(), protocol_of(task)
    scores, adversarial = dict[int, Score](), dict[int, dict[str, Counts]]()
    failed = dict[int, Exception]()
    looks = Looks(task.inside_lengths, protocol.looks and not spec.exhaustive)
    for length in sorted(task.eval_lengths):
        try:
            score, kinds = looks.unjudged(length) or judged(task, model, spec, device, length, looks.first(length))
        except (ValueError, RuntimeError) as error:  # a table of positions that ends, memory that does
            failed[length] = error
            continue
        if score.rule != "skipped":
            looks.saw(length, score, kinds)
        scores[length] = score
        if kinds:
            adversarial[length] = kinds
    if not scores:
        raise next(iter(failed.values()))
    seconds = time.perf_counter() - started
    reasons = {
        length: f"{type(error).__name__}: {str(error).strip()}".split("\n")[0] for length, error in failed.items()
    }
    return Evaluation(
        scores, adversarial, reasons, protocol.fingerprint(task, spec.examples, spec.adversarial), seconds
    )


def judged(
    task: Task, model: Model, spec: Spec, device: str, length: int, first: int
) -> tuple[Score, dict[str, Counts]]:
    """Score a model at one length, where so many strings are looked at first, and on the adversarial sets."""
    protocol = protocol_of(task)
    score = protocol.score(model, task, length, spec.examples, device, first)
    if not spec.adversarial:
        return score, {}
    return score, protocol.adversarial(model, task, length, spec.adversarial, device)
