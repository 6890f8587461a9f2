"""Contracts over every registered task: what is drawn."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from cases import SHORT_TEXT, label, tensors, where_here
from torch import Tensor

from bench.checks.contracts import check_task
from bench.trial.batches import draw
from bench.trial.streams import stream
from tasks import TASKS, Batch, Task
from tasks.base import FIRST_SYMBOL, PAD, STOP

MIXED = {"train_lengths": (1, 2, 5)}
STOPS = [MIXED | {"stop": stop} for stop in ("none", "once", "padded")]
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "copy": [{}, *STOPS],
    "reverse": [{}, *STOPS],
    "variable_copy": [{}, *STOPS, {"symbols": 1}],
    "addition": [
        {},
        MIXED,
        MIXED | {"operands": "digits", "shortest": 1, "base": 2},
        MIXED | {"operands": "equal", "low_first_operands": True, "low_first_sum": True},
        MIXED | {"pad_zeros": True, "base": 16},
        MIXED | {"aligned": True},
        MIXED | {"operands": "longest", "shortest": 1, "carry_heavy": 0.5},
    ],
    "sort": [{}, *STOPS],
    "repeat_symbol": [{}, {"symbols": 2}],
    "missing_symbol": [{}, {"symbols": 2}],
    "selective_copy": [{}, {"share": 0.0}, {"share": 1.0, "symbols": 1}],
    "brackets": [{}, {"kinds": 1}, {"kinds": 5, "depth": 1}, {"depth": 3}],
    "sine": [{}, {"noise": 0.1}, {"spread": 0.3}, {"frequencies": (1.0, 2.5), "weights": (1.0, 0.5)}],
    "human_numbers": [
        SHORT_TEXT,
        SHORT_TEXT | {"form": "successor"},
        SHORT_TEXT | {"mode": "chunks", "stride": 5, "window": 12},
        SHORT_TEXT | {"mode": "windows", "missing": (3, 70)},
    ],
}
POSED = [TASKS[name](**settings) for name in sorted(TASKS) for settings in VARIANTS.get(name, [{}])]
SAMPLED = [task for task in POSED if not task.streams]
DEVICES = ["cpu", *([pytest.param("cuda", marks=pytest.mark.cuda)] if torch.cuda.is_available() else [])]


every_posed = pytest.mark.parametrize("task", where_here(POSED), ids=label)
every_sampled = pytest.mark.parametrize("task", SAMPLED, ids=label)


def same(left: Batch, right: Batch) -> bool:
    return all(torch.equal(one, other) for one, other in zip(tensors(left), tensors(right), strict=True))


@every_posed
def test_the_task_keeps_its_contract(task: Task) -> None:
    check_task(task)


@every_sampled
def test_the_same_stream_gives_the_same_batch_and_leaves_the_global_one_alone(task: Task) -> None:
    before = torch.get_rng_state()
    first = draw(task, 32, stream("cpu", "one"))
    torch.manual_seed(12345)
    assert same(first, draw(task, 32, stream("cpu", "one")))
    torch.set_rng_state(before)
    draw(task, 32, stream("cpu", "one"))
    assert torch.equal(torch.get_rng_state(), before)


@every_sampled
def test_different_streams_give_different_batches(task: Task) -> None:
    assert not same(draw(task, 32, stream("cpu", "one")), draw(task, 32, stream("cpu", "two")))


@every_sampled
def test_one_stream_goes_on_with_new_examples(task: Task) -> None:
    generator = stream("cpu", "one")
    assert not same(draw(task, 32, generator), draw(task, 32, generator))


def rows(ids: Tensor, length: Tensor) -> list[tuple[list[int], list[int]]]:
    """Return each row before its length and behind it."""
    return [(row[:end], row[end:]) for row, end in zip(ids.tolist(), length.tolist(), strict=True)]


@pytest.mark.parametrize("task", [task for task in SAMPLED if task.target.discrete], ids=label)
def test_reserved_ids_are_no_data_and_padding_fills_what_is_behind(task: Task) -> None:
    batch = draw(task, 200, stream("cpu", "reserved"))
    assert batch.source is not None
    assert task.source is not None
    for real, behind in rows(batch.source, batch.source_length):
        assert all(FIRST_SYMBOL <= symbol < task.source.size for symbol in real)
        assert set(behind) <= {PAD}
    for real, behind in rows(batch.target, batch.target_length):
        data = real[: real.index(STOP)] if STOP in real else real
        assert all(FIRST_SYMBOL <= symbol < task.target.size for symbol in data)
        assert set(real[len(data) :]) <= {STOP}
        assert set(behind) <= {PAD}


@pytest.mark.parametrize("task", where_here(task for task in POSED if task.streams), ids=label)
def test_a_text_has_no_reserved_ids_but_the_stop_that_ends_a_sentence(task: Task) -> None:
    stops = {STOP} if task.name == "words_brown" else set()
    for text in (task.training_text(), *map(task.stream, task.eval_lengths)):
        found = set(text.unique().tolist())
        assert found >= stops
        assert found - stops <= set(range(FIRST_SYMBOL, task.target.size))


@pytest.mark.parametrize("device", DEVICES)
@every_sampled
def test_a_batch_is_on_its_generators_device(task: Task, device: str) -> None:
    batch = draw(task, 8, stream(device, "device"))
    assert {each.device.type for each in (*tensors(batch), batch.target_mask)} == {device}


@every_sampled
def test_widths_depend_on_the_longest_length_alone(task: Task) -> None:
    longest = max(task.train_lengths)
    shapes = set()
    for lengths in ([longest] * 4, [min(2, longest)] * 4, [1, longest, longest, 1]):
        batch = task.sample(torch.tensor(lengths), longest, stream("cpu", "width"))
        shapes.add(tuple(tuple(each.shape) for each in tensors(batch)))
    assert len(shapes) == 1


@every_sampled
def test_each_training_length_is_drawn_alike(task: Task) -> None:
    asked: list[int] = []
    sample = type(task).sample

    def counted(self: Task, length: Tensor, most: int, generator: torch.Generator) -> Batch:
        asked.extend(length.tolist())
        return sample(self, length, most, generator)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(task), "sample", counted)
        draw(task, 3000, stream("cpu", "lengths"))
    assert set(asked) == set(task.train_lengths)
    expected = 3000 / len(task.train_lengths)
    assert all(abs(asked.count(length) - expected) < 5 * expected**0.5 for length in task.train_lengths)


GUESSED = [
    (TASKS["copy"](), 2),
    (TASKS["copy"](symbols=2), 4),
    (TASKS["reverse"](), 3),
    (TASKS["variable_copy"](), 2),
    (TASKS["addition"](shortest=1, eval_lengths=(1,)), 1),
    (TASKS["addition"](base=2), 4),
]


@pytest.mark.parametrize(("task", "length"), GUESSED, ids=label)
def test_chance_is_what_a_guesser_reaches_who_knows_the_length(task: Task, length: int) -> None:
    count, generator = 40_000, stream("cpu", "guess", task.name, length)
    batch = task.sample(torch.full((count,), length), length, generator)
    data = (batch.target >= FIRST_SYMBOL).sum(1) == length  # sums of as many digits
    guess = torch.randint(FIRST_SYMBOL, task.target.size, batch.target.shape, generator=generator)
    right = ((guess == batch.target) | (batch.target < FIRST_SYMBOL)).all(1)[data].double()
    chance = task.chance(length)
    assert abs(right.mean().item() - chance) < 5 * (chance / len(right)) ** 0.5


def test_a_guess_of_zero_follows_no_sine() -> None:
    task = TASKS["sine"]()
    batch = draw(task, 100, stream("cpu", "guess"))
    errors = task.loss(torch.zeros_like(batch.target), batch.target).mean(1).sqrt()
    assert errors.min() > 0.5
    assert task.chance(50) == 0
