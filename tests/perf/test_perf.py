"""Times of sampling, training steps and evaluation, each beside a matrix product of like size in the same run.

A ratio to the product compares machines; no time is asserted. `make perf` runs them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from bench.spec.spec import Spec
from bench.trial.batches import draw
from bench.trial.evaluation_sets import evaluation_set
from bench.trial.losses import masked_mean, shift_right
from bench.trial.protocols import protocol_of
from bench.trial.protocols.text import in_order
from bench.trial.streams import stream
from models import MODELS, build
from models.base import Model, UnsuitableError, detach
from tasks import TASKS, Task
from tasks.signals.sine import Sine
from tasks.strings.variable_copy import VariableCopy
from tasks.text.human_numbers import HumanNumbers

ROWS, WIDTH, HIDDEN = 64, 32, 64
STRINGS = VariableCopy(train_lengths=tuple(range(3, 15)), eval_lengths=(14, 28))
TEXT = HumanNumbers(train_lengths=(999,), eval_lengths=(999,), starts=(1,), window=16)
STREAMS = {"transformer": {"positions": "rotary", "window": 16}}  # what a family needs to read a text
SAMPLED = {name: TASKS[name]() for name in sorted(TASKS)} | {"successor": HumanNumbers(form="successor")}


def product(rows: int, inner: int, columns: int) -> Callable[[], torch.Tensor]:
    """Return a matrix product to time beside the work: (rows, inner) times (inner, columns)."""
    left, right = torch.ones(rows, inner), torch.ones(inner, columns)
    return lambda: left @ right


def built(name: str, task: Task, **settings: Any) -> Model:
    torch.manual_seed(0)
    return build(name, task.source, task.target, **settings)


def suits(name: str, task: Task, **settings: Any) -> bool:
    """Whether a family is trained, and on such a task."""
    try:
        return built(name, task, **settings).trainable
    except UnsuitableError:
        return False


def stepped(model: Model, forward: Callable[[], torch.Tensor]) -> Callable[[], None]:
    """Return one training step: forward to a loss, backward, clip, update."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        forward().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step


@pytest.mark.benchmark(group="sampling")
@pytest.mark.parametrize("name", [name for name, task in SAMPLED.items() if not task.streams])
def test_drawing_a_batch(name: str, benchmark: BenchmarkFixture) -> None:
    generator = stream("cpu", "perf")
    batch = benchmark(draw, SAMPLED[name], ROWS, generator)
    assert len(batch.target) == ROWS


@pytest.mark.benchmark(group="sampling")
def test_drawing_windows_of_a_text(benchmark: BenchmarkFixture) -> None:
    feed = in_order(TEXT, Spec("human_numbers", "", batch=ROWS), 1, "cpu")
    step = benchmark(next, feed)
    assert step.inputs.shape == (ROWS, TEXT.window)


@pytest.mark.benchmark(group="sampling")
def test_a_product_of_a_batchs_size_beside_sampling(benchmark: BenchmarkFixture) -> None:
    assert benchmark(product(ROWS, WIDTH, WIDTH)).shape == (ROWS, WIDTH)


@pytest.mark.benchmark(group="training step on strings")
@pytest.mark.parametrize("name", [name for name in sorted(MODELS) if suits(name, STRINGS)])
def test_a_training_step_on_strings(name: str, benchmark: BenchmarkFixture) -> None:
    model, batch = built(name, STRINGS), draw(STRINGS, ROWS, stream("cpu", "perf"))
    inputs = shift_right(batch.target, STRINGS.first_input(batch))

    def loss() -> torch.Tensor:
        outputs = model(batch.source, batch.source_length, inputs)
        return masked_mean(STRINGS.loss(outputs, batch.target), batch.target_mask)

    benchmark(stepped(model, loss))
    assert all(weight.isfinite().all() for weight in model.parameters())


@pytest.mark.benchmark(group="training step on a text")
@pytest.mark.parametrize("name", [name for name in sorted(MODELS) if suits(name, TEXT, **STREAMS.get(name, {}))])
def test_a_training_step_on_a_text(name: str, benchmark: BenchmarkFixture) -> None:
    model = built(name, TEXT, **STREAMS.get(name, {}))
    first, second = itertools.islice(in_order(TEXT, Spec("human_numbers", name, batch=ROWS), 1, "cpu"), 2)
    with torch.no_grad():
        state = detach(model.decoder(first.inputs, model.begin(None, first.batch.source_length))[1])

    def loss() -> torch.Tensor:
        return masked_mean(TEXT.loss(model.decoder(second.inputs, state)[0], second.batch.target), second.weight)

    benchmark(stepped(model, loss))
    assert all(weight.isfinite().all() for weight in model.parameters())


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(14 + 15, marks=pytest.mark.benchmark(group="training step on strings")),
        pytest.param(TEXT.window, marks=pytest.mark.benchmark(group="training step on a text")),
    ],
)
def test_the_products_of_an_lstm_beside_a_training_step(steps: int, benchmark: BenchmarkFixture) -> None:
    once = product(ROWS, 2 * HIDDEN, 4 * HIDDEN)

    def forward_and_twice_back() -> None:
        for _ in range(3 * steps):
            once()

    benchmark(forward_and_twice_back)


EVALUATED = [
    *[("evaluation of strings", name, STRINGS) for name in sorted(MODELS) if suits(name, STRINGS)],
    *[("evaluation of values", name, Sine(eval_lengths=(28,))) for name in ("gru", "transformer")],
]


@pytest.mark.parametrize(
    ("name", "task"),
    [pytest.param(name, task, marks=pytest.mark.benchmark(group=group)) for group, name, task in EVALUATED],
    ids=[f"{name}-{task.name}" for _, name, task in EVALUATED],
)
def test_an_evaluation_at_one_length(name: str, task: Task, benchmark: BenchmarkFixture) -> None:
    evaluation_set(task, 28, ROWS)  # drawn once for all, as in a run
    score = benchmark(protocol_of(task).score, built(name, task), task, 28, ROWS, "cpu")
    assert score.examples == ROWS


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(28 + 29, marks=pytest.mark.benchmark(group="evaluation of strings")),
        pytest.param(50 + 2 * 28, marks=pytest.mark.benchmark(group="evaluation of values")),
    ],
)
def test_the_products_of_an_lstm_beside_an_evaluation(steps: int, benchmark: BenchmarkFixture) -> None:
    once = product(ROWS, 2 * HIDDEN, 4 * HIDDEN)

    def forward() -> None:
        for _ in range(steps):
            once()

    benchmark(forward)
