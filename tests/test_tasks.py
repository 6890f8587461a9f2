"""Contracts over every registered task: what is drawn, and that each setting matters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
import torch
from torch import Tensor

from bench.contracts import check_task
from bench.feed import draw, training_feed
from bench.heldout_sets import evaluation_hash, tensors_hash
from bench.spec import Spec
from bench.streams import stream
from tasks import TASKS, Batch, Task
from tasks.base import FIRST_SYMBOL, PAD, STOP

SHORT_TEXT = {"train_lengths": (60,), "eval_lengths": (60, 90), "starts": (1, 61)}
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
    ],
    "sine": [{}, {"noise": 0.1}, {"spread": 0.3}, {"frequencies": (1.0, 2.5), "weights": (1.0, 0.5)}],
    "human_numbers": [SHORT_TEXT, SHORT_TEXT | {"form": "successor"}],
}
POSED = [TASKS[name](**settings) for name in sorted(TASKS) for settings in VARIANTS.get(name, [{}])]
SAMPLED = [task for task in POSED if not task.streams]
DEVICES = ["cpu", *([pytest.param("cuda", marks=pytest.mark.cuda)] if torch.cuda.is_available() else [])]


def label(value: object) -> str | None:
    """Name a task in a test's name by what sets it apart."""
    if not isinstance(value, Task):
        return None
    set_apart = [each.name for each in fields(value) if getattr(value, each.name) != each.default]
    return f"{value.name}({','.join(f'{name}={getattr(value, name)}' for name in set_apart)})"


every_posed = pytest.mark.parametrize("task", POSED, ids=label)
every_sampled = pytest.mark.parametrize("task", SAMPLED, ids=label)


def tensors(batch: Batch) -> list[Tensor]:
    drawn = (batch.source, batch.source_length, batch.target, batch.target_length, batch.identity)
    return [each for each in drawn if each is not None]


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


@pytest.mark.parametrize("task", [task for task in POSED if task.streams], ids=label)
def test_a_text_has_no_reserved_ids(task: Task) -> None:
    for length in task.eval_lengths:
        text = task.stream(length)
        assert text.min() >= FIRST_SYMBOL
        assert text.max() < task.target.size


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


def trained_on(task: Task) -> str:
    """Hash what the first training step reads."""
    step = next(training_feed(task, Spec(task.name, "", batch=4 if task.streams else 256), 1, "cpu"))
    return tensors_hash([step.inputs, step.weight, *tensors(step.batch)])


def evaluated_on(task: Task) -> str:
    return evaluation_hash(task, 4)


def judged(task: Task) -> list[bool]:
    """Judge errors of many sizes."""
    truth = torch.zeros(1, 100, 1)
    return task.correct(torch.linspace(0, 1, 100).view(1, 100, 1), truth)[0].tolist()


Seen = Callable[[Task], object]
STRING_SETTINGS: dict[str, tuple[Any, Seen]] = {
    "train_lengths": ((7,), trained_on),
    "eval_lengths": ((2, 6), evaluated_on),
    "symbols": (5, trained_on),
    "stop": ("padded", trained_on),
}
OTHER_VALUES: dict[str, dict[str, tuple[Any, Seen]]] = {
    "copy": STRING_SETTINGS,
    "reverse": STRING_SETTINGS,
    "variable_copy": STRING_SETTINGS,
    "addition": {
        "train_lengths": ((5,), trained_on),
        "eval_lengths": ((2, 6), evaluated_on),
        "shortest": (1, trained_on),
        "operands": ("equal", trained_on),
        "base": (2, trained_on),
        "low_first_operands": (True, trained_on),
        "low_first_sum": (True, trained_on),
        "pad_zeros": (True, trained_on),
        "aligned": (True, trained_on),
    },
    "sine": {
        "train_lengths": ((40,), trained_on),
        "eval_lengths": ((50, 70), evaluated_on),
        "frequencies": ((1.5,), trained_on),
        "weights": ((2.0,), trained_on),
        "noise": (0.1, trained_on),
        "step": (0.2, trained_on),
        "prefix": (30, trained_on),
        "spread": (0.2, trained_on),
        "tolerance": (0.5, judged),
    },
    "human_numbers": {
        "train_lengths": ((90,), trained_on),
        "eval_lengths": ((60, 80), evaluated_on),
        "starts": ((1, 71), evaluated_on),
        "window": (8, trained_on),
        "form": ("successor", trained_on),
    },
}


def settings_of(name: str) -> set[str]:
    return {field.name for field in fields(TASKS[name])}


def test_every_setting_of_our_tasks_has_another_value_to_try() -> None:
    assert {name: settings_of(name) for name in OTHER_VALUES} == {n: set(each) for n, each in OTHER_VALUES.items()}


@pytest.mark.parametrize(
    ("name", "setting"), [(name, setting) for name, settings in OTHER_VALUES.items() for setting in settings]
)
def test_changing_a_setting_changes_what_it_should(name: str, setting: str) -> None:
    value, seen = OTHER_VALUES[name][setting]
    base = {**SHORT_TEXT, "window": 12} if name == "human_numbers" else {}
    assert seen(TASKS[name](**(base | {setting: value}))) != seen(TASKS[name](**base))


def test_our_tasks_are_all_in_the_table_of_settings(task_name: str) -> None:
    ours = TASKS[task_name].__module__.startswith("tasks.")
    assert (task_name in OTHER_VALUES) == ours


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("copy", {"train_lengths": (0,)}, r"train_lengths must be whole numbers of 1 or more; got \(0,\)"),
    ("copy", {"train_lengths": ()}, r"train_lengths .* got \(\)"),
    ("reverse", {"eval_lengths": (3, -1)}, r"eval_lengths .* got \(3, -1\)"),
    ("variable_copy", {"eval_lengths": (2.5,)}, r"eval_lengths .* got \(2.5,\)"),
    ("copy", {"symbols": 0}, "symbols must be 1 or more; got 0"),
    ("copy", {"stop": "twice"}, "unknown stop 'twice'; choose from: none, once, padded"),
    ("variable_copy", {"stop": ""}, "unknown stop ''; choose from"),
    ("addition", {"base": 1}, "base must be 2 or more; got 1"),
    ("addition", {"shortest": 0}, "shortest must be 1 or more; got 0"),
    ("addition", {"operands": "random"}, "unknown operands 'random'; choose from: values, digits, equal"),
    ("sine", {"frequencies": (1.0, 2.0)}, r"as many; got \(1.0, 2.0\) and \(1.0,\)"),
    ("sine", {"frequencies": (), "weights": ()}, r"as many; got \(\) and \(\)"),
    ("sine", {"noise": -0.1}, "noise must be from 0 to below 1; got -0.1"),
    ("sine", {"spread": 1.0}, "spread must be from 0 to below 1; got 1.0"),
    ("sine", {"step": 0.0}, "step must be above 0; got 0.0"),
    ("sine", {"tolerance": -1.0}, "tolerance must be above 0; got -1.0"),
    ("sine", {"prefix": 0}, "prefix must be 1 or more; got 0"),
    ("human_numbers", {"form": "cardinal"}, "unknown form 'cardinal'; choose from: stream, successor"),
    ("human_numbers", {"window": 0}, "window must be 1 or more; got 0"),
    ("human_numbers", {"train_lengths": (10, 20)}, r"train_lengths must be one number.* got \(10, 20\)"),
    ("human_numbers", {"starts": (1,)}, r"starts must be as many as eval_lengths; got \(1,\)"),
    ("human_numbers", {"eval_lengths": (9,), "starts": (10,)}, r"got 10\.\.9"),
    ("human_numbers", {"eval_lengths": (10**6,), "starts": (1,)}, r"below 999999; got 1\.\.1000000"),
]


@pytest.mark.parametrize(("name", "settings", "message"), BAD)
def test_a_bad_setting_is_refused_with_its_value(name: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TASKS[name](**settings)


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
