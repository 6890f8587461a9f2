"""One trial: build a model for a task, train it, evaluate it at every declared length."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch

from bench.probes.corpus_facts import text_facts
from bench.probes.samples import Sample, kept_samples
from bench.probes.traces import Trace, kept_traces
from bench.spec.errors import WorkError
from bench.spec.spec import Spec
from bench.trial.adversarial import Counts, adversarial_scores
from bench.trial.batches import is_text, mask_of_first_batch
from bench.trial.build import build_model, build_task
from bench.trial.evaluate import evaluate, padding_counted
from bench.trial.evaluation_sets import evaluation_hash, evaluation_set
from bench.trial.metrics import Score
from bench.trial.streams import number
from bench.trial.train import Keep, Training, Watch, train
from models.base import Model, state_size
from tasks.base import Task

MASK_ROWS = 32  # of the first training batch, kept to show what the loss counts


@dataclass(frozen=True)
class Outcome:
    """What came out of a trial; scores by length, `state`: numbers that a decoder holds for one example."""

    task: Task
    model: Model
    training: Training
    scores: dict[int, Score]
    adversarial: dict[int, dict[str, Counts]]
    samples: list[Sample]
    traces: list[Trace]
    first_batch: dict[str, Any]
    facts: dict[str, Any] | None
    padding: dict[str, int] | None
    evaluation_seconds: float
    evaluation_hash: str
    parameters: int
    state: int
    failed: dict[int, str]


def run_trial(
    spec: Spec,
    seed: int,
    device: str,
    watch: Watch,
    keep: Keep | None = None,
    trained: Callable[[Model, Training], None] | None = None,
) -> Outcome:
    """Train and evaluate one seed on a device.

    `watch` sees the progress, `keep` the weights at each cycle's end, `trained` the model before it is evaluated.
    """
    task = build_task(spec.task, spec.task_settings)
    model, training = train_model(task, spec, seed, device, watch, keep)
    if trained is not None:
        trained(model, training)
    return evaluate_trained(model, training, spec, seed, device)


def evaluate_trained(model: Model, training: Training, spec: Spec, seed: int, device: str) -> Outcome:
    """Evaluate a trained model at every length; one that cannot be evaluated is kept with its reason."""
    task = build_task(spec.task, spec.task_settings)
    started = time.perf_counter()
    scores, failed = dict[int, Score](), dict[int, str]()
    for length in task.eval_lengths:
        try:
            scores[length] = evaluate(model, task, length, spec.examples, device)
        except (ValueError, RuntimeError, MemoryError) as error:
            failed[length] = str(error).splitlines()[0]
    if not scores:
        raise WorkError(f"no length could be evaluated: {next(iter(failed.values()))}")
    adversarial = adversarial_scores(model, task, spec.adversarial, device)
    seconds = time.perf_counter() - started
    parameters = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    state = decoder_state_size(model, task, device)
    samples, judged = (
        [] if failed else kept_samples(model, task, device),
        evaluation_hash(task, spec.examples, spec.adversarial),
    )
    one_lane = is_text(task) and training.status == "fitted"  # a floor reads a text at once, however short it is
    read = replace(spec, batch=1) if one_lane else spec
    first = mask_of_first_batch(task, read, data_seed(spec, seed), MASK_ROWS)
    facts = text_facts(task) if is_text(task) else None
    padding = None if facts or not task.target.discrete else padding_counted(model, task, device)
    return Outcome(
        task,
        model,
        training,
        scores,
        adversarial,
        samples,
        kept_traces(model, task, device),
        first,
        facts,
        padding,
        seconds,
        judged,
        parameters,
        state,
        failed,
    )


def train_model(
    task: Task, spec: Spec, seed: int, device: str, watch: Watch, keep: Keep | None = None
) -> tuple[Model, Training]:
    """Build a model for a task and train it, or fit it, judging nothing."""
    torch.manual_seed(number(seed, "weights"))  # initial weights and dropout; data have streams of their own
    model = build_model(spec.model, task, spec.model_settings).to(device)
    return model, train(model, task, spec, data_seed(spec, seed), device, watch, keep)


def data_seed(spec: Spec, seed: int) -> int:
    """Return the seed of a cell's training data: its own, or the one that the spec names."""
    return seed if spec.data_seed is None else spec.data_seed


def decoder_state_size(model: Model, task: Task, device: str) -> int:
    """Count the numbers that the decoder's state holds for one example.

    Before its first step, at the longest training length; of a language model, after two windows of text.
    """
    if not hasattr(model, "begin"):
        return 0
    with torch.no_grad():
        if is_text(task):
            text = task.training_text()[None, : 2 * task.window].to(device)
            return state_size(model.decoder(text, model.begin(None, torch.zeros_like(text[:, 0])))[1])
        batch = evaluation_set(task, max(task.train_lengths), 1).batch
        source = None if batch.source is None else batch.source[:1].to(device)
        return state_size(model.begin(source, batch.source_length[:1].to(device)))
