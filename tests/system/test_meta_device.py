"""Training, scoring and decoding on the meta device: nothing is read back to the host, nothing is on another device.

What may be read back is what was counted, once an evaluation is through, and a validation point's loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from cases import absent
from meta import META, Dispatched, like_a_gpu
from torch import Tensor

import bench.suites  # registers the suites
import bench.trial.metrics
import bench.trial.protocols.signals
import bench.trial.protocols.strings
import bench.trial.protocols.text
from bench.spec.spec import Spec
from bench.suites.suites import find_suite
from bench.trial.batches import on
from bench.trial.build import build_task
from bench.trial.decode import free_running
from bench.trial.evaluation_sets import evaluation_set
from bench.trial.graph import Made
from bench.trial.optimisers import make_average
from bench.trial.protocols import protocol_of
from bench.trial.step import GraphSteps, Reading
from bench.trial.trial import new_model
from models.base import Model
from tasks.base import Task
from tasks.text.human_numbers import HumanNumbers
from tasks.text.language import Excerpts, Language
from tasks.text.words_toy import WordsToy

SUITES = ("smoke", "quick", "extrapolate")
NUMBERS = {"train_lengths": (60,), "eval_lengths": (60, 90), "starts": (1, 61)}
FURTHER = (  # what no suite of these has
    Spec("words_toy", "lstm", {"train_lengths": (4,)}, {"hidden": 8}, batch=2, ema=0.9),
    Spec("words_toy", "transformer", {"train_lengths": (4,)}, {"positions": "rotary"}, batch=2),
    Spec(
        "human_numbers", "lstm", {**NUMBERS, "window": 8, "mode": "windows"}, {"dropout": 0.1, "activity": 1.0}, batch=4
    ),
    Spec("human_numbers", "transformer", {**NUMBERS, "form": "successor"}, {"positions": "learned", "dropout": 0.1}),
    Spec("variable_copy", "rnn", model_settings={"tied": True}, optimizer="rmsprop"),
    Spec("variable_copy", "decoder_only", loss_mask=False, ema=0.9),
    Spec("variable_copy", "deque_rnn", model_settings={"hidden": 8}),
    Spec("variable_copy", "asentmax", model_settings={"hidden": 8}),
    *(
        Spec("variable_copy", "looped_transformer", model_settings={"hidden": 8, "pace": pace})
        for pace in ("fixed", "logarithm", "length")
    ),
    Spec("variable_copy", "bucketed_bias", model_settings={"hidden": 8, "buckets": 6}),
    Spec("variable_copy", "read_heads", model_settings={"hidden": 8}),
    Spec("variable_copy", "grid_rotary", model_settings={"hidden": 16}),
    Spec("variable_copy", "delta_net", model_settings={"hidden": 8, "reflections": 2}),
    Spec("variable_copy", "pd_ssm", model_settings={"hidden": 8}),
    Spec("variable_copy", "xlstm", model_settings={"hidden": 8}),
    Spec("variable_copy", "rotary_ssm", model_settings={"hidden": 8}),
    *(
        Spec(task, "gru", {"train_lengths": (1, 4), "eval_lengths": (4, 5)}, {"hidden": 8}, batch=4, examples=4)
        for task in (
            *("recall", "permutation", "modular", "flip_flop", "induction", "count", "multiplication"),
            *("even_pairs", "cycle_navigation", "stack_manipulation", "odds_first", "square_root"),
            *("nested", "solve_equation"),
        )
    ),
)
FEW = 4  # examples, steps decoded
SHORT, SHORT_SIGNALS = 4, {"prefix": 8, "train_lengths": (8,), "eval_lengths": (8, 10)}
READ = 24  # tokens of a text that is evaluated
READERS = (
    bench.trial.metrics,
    bench.trial.protocols.strings,
    bench.trial.protocols.signals,
    bench.trial.protocols.text,
)
ASKED = ("task", "model", "task_settings", "model_settings", "optimizer", "loss_mask", "ema")


class AsWritten:
    """Stands for a recorder: what is to be recorded is done at once, and nothing at a replay."""

    def apart(self, work: Callable[[], Made]) -> Made:
        return work()

    rehearsed = apart

    def record(self, work: Callable[[], Made]) -> tuple[Callable[[], None], Made]:
        return lambda: None, work()


class HasReadError(Exception):
    """An evaluation is through and reads what it counted."""


def pairs() -> Iterator[Any]:
    """Yield every different pair of the suites; those of smoke are fast."""
    seen = set()
    for suite, specs in [*((suite, find_suite(suite).specs) for suite in SUITES), ("further", FURTHER)]:
        for spec in map(shortened, specs):
            asked = repr([getattr(spec, name) for name in ASKED])
            if asked not in seen:
                reason = absent(spec.task)
                marks = [pytest.mark.skipif(bool(reason), reason=reason or "all is here")]
                marks += [pytest.mark.slow] if suite in ("quick", "extrapolate") else []
                yield pytest.param(spec, marks=marks, id=f"{suite}-{spec.row}-{spec.column}")
            seen.add(asked)


def shortened(spec: Spec) -> Spec:
    """Return a spec of the same pair whose task draws only what is short: what is longer takes no other path."""
    if absent(spec.task):
        return spec
    task = build_task(spec.task, spec.task_settings)
    if task.data == "signals":
        return replace(spec, task_settings={**spec.task_settings, **SHORT_SIGNALS})
    lengths = tuple(length for length in task.train_lengths if length <= SHORT)
    if task.data == "text" or not lengths:
        return spec
    return replace(
        spec, task_settings={**spec.task_settings, "train_lengths": lengths, "eval_lengths": (SHORT, SHORT + 1)}
    )


@pytest.fixture
def on_meta(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let evaluations end where they read."""

    def read(*counted: Tensor) -> list[Tensor]:
        assert {each.device.type for each in counted} <= {META, "cpu"}
        raise HasReadError

    def excerpts(text: Language, length: int) -> Excerpts:
        return Excerpts(*(part[..., :READ] for part in whole[type(text)](text, length)))

    whole: dict[type, Any] = {kind: kind.excerpts for kind in (HumanNumbers, WordsToy)}
    for kind in whole:
        monkeypatch.setattr(kind, "excerpts", excerpts)
    for module in READERS:
        monkeypatch.setattr(module, "read", read)
    with like_a_gpu():
        yield


@pytest.mark.parametrize("spec", list(pairs()))
@pytest.mark.usefixtures("on_meta")
def test_nothing_is_read_back(spec: Spec) -> None:
    task = build_task(spec.task, spec.task_settings)
    model = new_model(task, spec, 0, "cpu")
    if not model.trainable:
        pytest.skip("fitted on the host")
    model = model.to(META)
    trains(model, task, spec)
    model.eval()
    with torch.no_grad():
        with pytest.raises(HasReadError):
            protocol_of(task).score(model, task, min(task.eval_lengths), FEW, META)
        decodes(model, task)


def trains(model: Model, task: Task, spec: Spec) -> None:
    """Take steps, the first of which may send what is kept on the device; L-BFGS reads its line search's losses."""
    model.train()
    spec = replace(spec, curriculum=0.0, same_length_batches=False)  # a choice of lengths is sent when it first comes
    batches = protocol_of(task).batches(task, spec, 0, META)
    if spec.optimizer == "lbfgs":
        Reading(model, task, next(batches), None)().backward()
        return
    steps, average, state = GraphSteps(model, task, spec, AsWritten()), make_average(model, spec), None
    _, state = steps(next(batches), state, 1.0)
    with Dispatched() as done:
        loss, state = steps(next(batches), state, 0.5)
        if average is not None:
            average.update(model)
    assert loss.device.type == META
    assert done.uploads == []


def decodes(model: Model, task: Task) -> None:
    """Write a few tokens or values, each read again."""
    language = protocol_of(task).language(task)
    if language is None:
        batch = on(META, evaluation_set(task, min(task.eval_lengths), FEW).batch)
        with Dispatched() as done:
            written = free_running(model, task, batch, FEW)
        assert (written.device.type, len(written)) == (META, len(batch.target))
        assert done.uploads == []
        return
    token = language.training_text()[None, :1].to(META)
    state = model.begin(None, token.new_zeros(1))
    with Dispatched() as done:
        for _ in range(FEW):
            outputs, state = model.decoder(token, state)
            token = outputs[:, -1:].argmax(-1)
    assert done.uploads == []
