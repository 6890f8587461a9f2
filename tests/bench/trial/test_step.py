"""Steps by graph move weights as plain steps do, whatever the batches; tapes stand for the graphs of a GPU."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
import torch
from cases import SETTINGS, SHORT_TEXT
from tape import Tapes, as_on_a_gpu
from torch import Tensor

from bench.spec.spec import Spec
from bench.trial.batches import Step
from bench.trial.build import build_task
from bench.trial.graph import MOST, Replays
from bench.trial.optimisers import rate
from bench.trial.protocols import protocol_of
from bench.trial.step import GraphSteps, PlainSteps, Steps, make_steps
from bench.trial.trial import new_model
from models import MODELS
from models.base import Model

STRINGS = {"symbols": 3, "train_lengths": (1, 2, 3, 4, 5), "eval_lengths": (1, 2, 6)}
TEXT = {**SHORT_TEXT, "window": 8}
FIXED = ("majority", "markov", "neighbour", "ridge")
LENGTHY = ("char_loop", "tape_rnn")
TRAINED = [pytest.param(name, marks=[pytest.mark.slow] * (name in LENGTHY)) for name in sorted({*MODELS} - {*FIXED})]
COUNT = 8  # steps
# What is added to all input gates of an sLSTM scales its cell and its normaliser alike: its gradient is rounding alone.
SCALES = {("xlstm", "encoder.stack.layers.1.mixer.input.bias"), ("xlstm", "decoder.stack.layers.1.mixer.input.bias")}


def spec_of(model: str, task: str = "variable_copy", settings: Any = STRINGS, **changes: Any) -> Spec:
    given = SETTINGS.get(model, [{}])[0] if model in SETTINGS else {}
    return Spec(task, model, settings, given, **{"steps": COUNT, "batch": 8, "warmup": 3, **changes})


def one_hot(ids: Tensor, size: int) -> Tensor:
    """Do without the check of ids that torch makes on a processor alone."""
    return (ids[..., None] == torch.arange(size)).long()


def rmsprop(*given: Any, kind: Any = torch.optim.RMSprop, **settings: Any) -> torch.optim.Optimizer:
    return kind(*given, **{**settings, "capturable": True, "foreach": True})


@pytest.fixture(autouse=True)
def _as_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    as_on_a_gpu(monkeypatch)
    monkeypatch.setattr(torch.nn.functional, "one_hot", one_hot)
    monkeypatch.setattr(torch.optim, "RMSprop", rmsprop)
    monkeypatch.setattr(sys.modules["torch.optim.rmsprop"], "_get_capturable_supported_devices", lambda *_: ["cpu"])


def run(spec: Spec, steps: Any, batches: list[Step]) -> tuple[list[float], dict[str, Tensor]]:
    """Take a step for each batch -> the losses and the weights after."""
    task = build_task(spec.task, spec.task_settings)
    model = new_model(task, spec, 0, "cpu")
    taken: Steps = steps(model, task, spec)
    model.train()
    losses, state = [], None
    for number, batch in enumerate(batches):
        loss, state = taken(batch, state, rate(number, spec))
        losses.append(float(loss))
    taken.release()
    return losses, dict(model.state_dict())


def batches_of(spec: Spec, count: int = COUNT) -> list[Step]:
    task = build_task(spec.task, spec.task_settings)
    return list(islice(protocol_of(task).batches(task, spec, 0, "cpu"), count))


def both(spec: Spec, batches: list[Step]) -> Tapes:
    """Take the same steps plainly and by graph, and compare."""
    tapes = Tapes()
    losses, weights = run(spec, PlainSteps, batches)
    by_graph, moved = run(spec, lambda *asked: GraphSteps(*asked, tapes), batches)
    assert by_graph == pytest.approx(losses, rel=1e-4)
    for name, weight in weights.items():
        if name.endswith((".key.bias", "attention.input.bias")) or (spec.model, name) in SCALES:
            continue  # a key's bias changes no weights: its gradient is rounding alone
        torch.testing.assert_close(moved[name], weight, rtol=1e-3, atol=1e-5, msg=name)
    return tapes


@pytest.mark.parametrize("model", TRAINED)
def test_a_replay_is_a_step(model: str) -> None:
    spec = spec_of(model)
    if model == "pointer":  # which reads texts alone
        spec = spec_of(model, "human_numbers", {**TEXT, "mode": "windows"})
    tapes = both(spec, batches_of(spec))
    assert (tapes.plain, tapes.recorded, tapes.replayed) == (2, 1, COUNT - 2)


@pytest.mark.parametrize("optimizer", ["adamw", "rmsprop"])
@pytest.mark.parametrize("changes", [{"loss_mask": False}, {"schedule": "one_cycle"}, {"grad_clip": 0.01}])
def test_whatever_the_recipe(optimizer: str, changes: dict[str, Any]) -> None:
    spec = spec_of("elman", optimizer=optimizer, **changes)
    both(spec, batches_of(spec))


@pytest.mark.parametrize("model", ["gru", "transformer", "stack_rnn"])
def test_what_is_dropped_is_drawn_anew(model: str) -> None:
    noise = {"noise": 0.5} if model == "stack_rnn" else {"dropout": 0.3}
    spec = replace(spec_of(model), model_settings={"hidden": 16, **noise})
    both(spec, batches_of(spec))


def test_signals_too() -> None:
    spec = spec_of("gru", "sine", {"prefix": 12, "train_lengths": (10,), "eval_lengths": (10, 20)})
    both(spec, batches_of(spec))


@pytest.mark.parametrize("model", ["lstm", "gru"])
def test_a_text_goes_on_from_the_state_before(model: str) -> None:
    spec = spec_of(model, "human_numbers", TEXT, batch=2)
    batches = batches_of(spec, 24)
    assert [each.carries for each in batches].count(False) > 1  # of an epoch's first window
    tapes = both(spec, batches)
    assert tapes.recorded == 1 + ([each.carries for each in batches].count(False) > 2)


def test_a_state_that_grows_is_read_as_far_as_it_has_come() -> None:
    spec = replace(
        spec_of("transformer", "human_numbers", TEXT, batch=2), model_settings={"positions": "rotary", "window": 16}
    )
    both(spec, batches_of(spec, 16))


def test_each_width_is_recorded_by_itself() -> None:
    spec = spec_of("elman", same_length_batches=True)
    batches = batches_of(spec, 24)
    widths = [each.inputs.shape[1] for each in batches]
    tapes = both(spec, batches)
    assert tapes.recorded == sum(widths.count(width) > 2 for width in set(widths)) > 1


def test_what_waits_for_the_device_is_not_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    def waits(given: list[Tensor]) -> Tensor:
        return given[0] * float(given[0].sum())

    replays: Replays[Tensor] = Replays(Tapes(), "it is done")
    found = [float(replays("kind", waits, [torch.tensor([float(number)])])) for number in range(5)]
    assert found == [number**2 for number in range(5)]
    assert (
        capsys.readouterr().err
        == "note: it is done without CUDA graphs: the host reads, by aten::_local_scalar_dense\n"
    )


def test_training_goes_on_where_recording_fails(capsys: pytest.CaptureFixture[str]) -> None:
    spec = spec_of("elman")
    losses, _ = run(spec, PlainSteps, batches_of(spec))
    found, _ = run(spec, lambda *asked: GraphSteps(*asked, Tapes(fails=True)), batches_of(spec))
    assert found == pytest.approx(losses, rel=1e-4)
    told = "note: elman on variable_copy is trained without CUDA graphs: no memory for a graph\n"
    assert capsys.readouterr().err == told


def test_draws_go_on_from_replay_to_replay() -> None:
    def drawn(generator: torch.Generator, given: list[Tensor]) -> Tensor:
        return torch.randint(1000, (4,), generator=generator) + given[0]

    plain, generator = torch.Generator().manual_seed(1), torch.Generator().manual_seed(1)
    replays: Replays[Tensor] = Replays(Tapes(), "it is done")
    for number in range(6):
        given = [torch.tensor([number])]
        expected = drawn(plain, given)
        assert torch.equal(replays("kind", lambda tensors: drawn(generator, tensors), given), expected)


def test_only_so_many_are_recorded() -> None:
    tapes = Tapes()
    replays: Replays[Tensor] = Replays(tapes, "it is done")
    for kind in range(MOST + 3):
        for _ in range(4):
            replays(kind, lambda given: given[0] + 1, [torch.zeros(1)])
    assert tapes.recorded == MOST


@pytest.mark.parametrize("changes", [{}, {"optimizer": "lbfgs"}])
def test_a_processor_takes_plain_steps(changes: dict[str, Any]) -> None:
    spec = spec_of("elman", **changes)
    task = build_task(spec.task, spec.task_settings)
    model: Model = new_model(task, spec, 0, "cpu")
    assert isinstance(make_steps(model, task, spec, "cpu"), PlainSteps)
