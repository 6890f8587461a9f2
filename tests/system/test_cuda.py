"""A GPU's losses, gradients, scores and answers beside the processor's, and steps by CUDA graph beside plain ones.

Skipped without a GPU. LENGTHWISE_TEST_DEVICE=cpu rehearses them on the processor.
"""

from __future__ import annotations

import copy
import os
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from cases import CASES, SETTINGS, SMALL_TASKS, TRAINED, Case, drawn
from torch import Tensor, nn

from bench.execution.executor import Resources
from bench.execution.job import make_jobs
from bench.execution.run_store import RunStore
from bench.execution.seeds import Seeds
from bench.execution.serial import Serial
from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec
from bench.trial.batches import Step, on
from bench.trial.decode import free_running
from bench.trial.evaluation_sets import evaluation_set
from bench.trial.graph import Replays, recorder_of
from bench.trial.lanes import Lane
from bench.trial.losses import masked_mean
from bench.trial.optimisers import rate
from bench.trial.precision import use_whole_products
from bench.trial.protocols import protocol_of
from bench.trial.step import GraphSteps, PlainSteps, make_steps
from bench.trial.turns import Turns, in_turns, to_the_end

DEVICE = os.environ.get("LENGTHWISE_TEST_DEVICE", "cuda")
HERE = DEVICE == "cpu" or torch.cuda.is_available()
pytestmark = [pytest.mark.cuda, pytest.mark.skipif(not HERE, reason="there is no GPU")]
FEW, COUNT = 8, 8  # examples, steps
FIRST = [case for case in TRAINED if case.settings == SETTINGS.get(case.model, [{}])[0]]


@pytest.fixture(autouse=True)
def _whole_products() -> None:
    use_whole_products()


def close(found: Tensor, expected: Tensor, what: str = "") -> None:
    """Compare with room for another order of sums, relative to the largest number."""
    scale = max(1.0, float(expected.abs().max()) if expected.numel() else 1.0)
    torch.testing.assert_close(found.cpu(), expected, rtol=1e-3, atol=1e-4 * scale, msg=lambda text: f"{what}: {text}")


def off_kinks(model: nn.Module) -> nn.Module:
    """Move all weights a little, the same way every time.

    Those of an IRNN begin as ones and zeros, so that a unit without input stands exactly where a rectifier bends: there
    cuDNN takes one slope, torch on the processor the other, and both are right.
    """
    draws = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for each in model.parameters():
            each += 0.01 * torch.randn(each.shape, generator=draws).to(each)
    return model


@pytest.mark.parametrize("case", TRAINED, ids=str)
def test_losses_and_gradients_are_the_processors(case: Case) -> None:
    batch, inputs = drawn(case)
    found: dict[str, tuple[Tensor, dict[str, Tensor]]] = {}
    model = off_kinks(case.new()).eval()  # what is drawn in training differs
    for module in model.modules():
        module.training = isinstance(module, nn.RNNBase)  # of which cuDNN goes no way back in evaluation
    for device in ("cpu", DEVICE):
        moved, there = copy.deepcopy(model).to(device), on(device, batch)
        outputs = moved(there.source, there.source_length, inputs.to(device))
        loss = masked_mean(case.task.loss(outputs, there.target), there.target_mask)
        loss.backward()
        gradients = {name: each.grad for name, each in moved.named_parameters() if each.grad is not None}
        found[device] = loss.detach(), gradients
    close(found[DEVICE][0], found["cpu"][0], "loss")
    assert found[DEVICE][1].keys() == found["cpu"][1].keys()
    for name, gradient in found["cpu"][1].items():
        close(found[DEVICE][1][name], gradient, name)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_scores_are_the_processors(case: Case) -> None:
    model, protocol = case.ready(), protocol_of(case.task)
    length = min(case.task.eval_lengths)
    expected = protocol.score(model, case.task, length, FEW, "cpu")
    found = protocol.score(copy.deepcopy(model).to(DEVICE), case.task, length, FEW, DEVICE)
    assert (found.examples, found.tokens) == (expected.examples, expected.tokens)
    assert abs(found.right - expected.right) <= 1  # scores that are all but equal may be ranked otherwise
    assert abs(found.tokens_right - expected.tokens_right) <= max(1, 0.02 * expected.tokens)
    for name in ("nats", "nrmse", "next_step_nrmse"):
        assert (getattr(found, name) or 0.0) == pytest.approx(getattr(expected, name) or 0.0, rel=1e-3)


@pytest.mark.parametrize("case", [case for case in CASES if case.kind != "stream"], ids=str)
def test_answers_are_the_processors(case: Case) -> None:
    model, length = case.ready(), min(case.task.eval_lengths)
    batch = evaluation_set(case.task, length, FEW).batch
    with torch.no_grad():
        expected = free_running(model, case.task, batch, 4)
        moved = copy.deepcopy(model).to(DEVICE)
        found = free_running(moved, case.task, on(DEVICE, batch), 4).cpu()
    if expected.is_floating_point():
        close(found, expected)
    else:
        assert float((found == expected).float().mean()) >= 0.9


def spec_of(case: Case, **changes: Any) -> Spec:
    return Spec(case.task.name, case.model, {}, case.settings, **{"steps": COUNT, "batch": 8, "warmup": 3, **changes})


@pytest.mark.parametrize("case", FIRST, ids=str)
def test_steps_by_graph_are_plain_steps(case: Case) -> None:
    spec, task = spec_of(case, batch=2 if case.kind == "stream" else 8), case.task
    batches = list(islice(protocol_of(task).batches(task, spec, 0, "cpu"), COUNT))
    found = []
    for kind in (PlainSteps, lambda *asked: make_steps(*asked, DEVICE)):
        model = case.new().to(DEVICE)
        torch.manual_seed(0)
        model.train()
        steps, state, losses = kind(model, task, spec), None, []
        for number, step in enumerate(batches):
            there = step_on(step)
            loss, state = steps(there, state, rate(number, spec))
            losses.append(float(loss))
        steps.release()
        found.append((losses, {name: each.cpu() for name, each in model.state_dict().items()}))
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-2)
    if DEVICE == "cuda" and case.kind != "stream":
        assert isinstance(steps, GraphSteps)
        assert steps.replays.recorder is not None, "recording failed, see the note"
        assert len(steps.replays.recorded) == 1


def step_on(step: Step) -> Step:
    """Return a step on the device."""
    return replace(step, batch=on(DEVICE, step.batch), inputs=step.inputs.to(DEVICE), weight=step.weight.to(DEVICE))


@pytest.mark.parametrize("kind", ["symbols", "values"])
def test_drawing_by_graph_draws_the_same(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    task = SMALL_TASKS[kind]
    spec, drawn_by = Spec(task.name, "gru", batch=16), []
    for switch in ("0", "1"):
        monkeypatch.setenv("LENGTHWISE_GRAPHS", switch)
        batches = protocol_of(task).batches(task, spec, 3, DEVICE)
        drawn_by.append([(step.batch.target.cpu(), step.weight.cpu()) for step in islice(batches, COUNT)])
    for plain, by_graph in zip(*drawn_by, strict=True):
        assert torch.equal(plain[0], by_graph[0])
        assert torch.equal(plain[1], by_graph[1])


@pytest.mark.parametrize("name", ["elman", "gru", "transformer"])
def test_seeds_at_once_are_seeds_alone(name: str, tmp_path: Path) -> None:
    """Step by step, with what is dropped: other draws move a loss by far more than rounding does."""
    dropped = {"hidden": 16, "dropout": 0.0 if name == "elman" else 0.5}
    task = {"train_lengths": (3, 4, 5), "eval_lengths": (4, 8)}
    spec = Spec("copy", name, task, dropped, steps=12, batch=8, examples=8, eval_every=1, patience=0, warmup=3)
    jobs = make_jobs([spec], range(4), Catalogue())
    found = []
    for kind in (Serial, Seeds):
        store = RunStore(tmp_path / kind.__name__)
        assert kind(Resources(DEVICE, 3)).run(jobs, store, lambda event: None) == []
        found.append([record for job in jobs for seed in job.seeds if (record := store.finished(job, seed))])
    assert [record.get("seeds_at_once") for record in found[1]] == [3] * 4
    for alone, at_once in zip(*found, strict=True):
        assert [each["loss"] for each in at_once["curve"]] == pytest.approx(
            [each["loss"] for each in alone["curve"]], rel=2e-3
        )


@pytest.mark.skipif(DEVICE == "cpu", reason="a processor has no streams")
def test_graphs_of_two_lanes_are_recorded_and_draw_each_by_itself() -> None:
    def work(seed: int, found: list[Tensor]) -> Turns[None]:
        torch.manual_seed(seed)
        replays: Replays[Tensor] = Replays(recorder_of(DEVICE), "it is done")
        for _ in range(COUNT):
            found.append(replays("kind", lambda _: torch.rand(1 << 16, device=DEVICE)).clone())
            yield
        assert len(replays.recorded) == 1

    alone, at_once = [[list[Tensor]() for _ in range(3)] for _ in range(2)]
    for seed, found in enumerate(alone):
        to_the_end(work(seed, found))
    in_turns([Lane(DEVICE).through(work(seed, found)) for seed, found in enumerate(at_once)])
    torch.cuda.synchronize()
    for expected, found in zip(alone, at_once, strict=True):
        assert all(torch.equal(one, other) for one, other in zip(expected, found, strict=True))


def test_what_is_compared_is_every_family() -> None:
    assert {case.model for case in FIRST} == {case.model for case in TRAINED}
