"""Evaluation sets: distinct held-out examples of a length, the same every time."""

from __future__ import annotations

import itertools

import pytest
import torch
from string_tasks import EXAMPLES, STRINGS, drawn_set, sources

from bench.trial.evaluation_sets import adversarial_set, evaluation_set, tensors_hash, validation_set
from bench.trial.holdout import held_out
from bench.trial.protocols import protocol_of
from tasks import TASKS, Batch, Task
from tasks.arithmetic.addition import Addition
from tasks.signals.sine import Sine
from tasks.strings.copy import Copy
from tasks.strings.repeat_symbol import RepeatSymbol
from tasks.strings.variable_copy import VariableCopy
from tasks.text.human_numbers import HumanNumbers

every_strings = pytest.mark.parametrize("name", sorted(STRINGS))


@every_strings
def test_evaluation_sets_are_distinct_strings_of_the_length_asked_for(name: str) -> None:
    task = STRINGS[name]
    for length in task.eval_lengths:
        strings = sources(evaluation_set(task, length, EXAMPLES).batch)
        assert len(set(strings)) == len(strings) <= EXAMPLES
        if isinstance(task, Copy):
            assert {len(string) for string in strings} == {length}


@pytest.mark.parametrize("symbols", [3, 5])
@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_small_space_is_used_whole_each_held_out_string_once(length: int, symbols: int) -> None:
    space = list(itertools.product(range(3, 3 + symbols), repeat=length))
    whole = Batch(torch.tensor(space), torch.full((len(space),), length), torch.tensor(space), torch.tensor([length]))
    held = held_out(whole)
    assert held is not None
    expected = {string for string, out in zip(space, held.tolist(), strict=True) if out} or set(space)
    chosen = drawn_set(Copy(symbols=symbols), length, 512)
    assert sorted(sources(chosen.batch)) == sorted(expected)
    assert chosen.unseen == bool(held.any())


def test_a_large_space_gives_all_the_examples_asked_for() -> None:
    for task, length in ((Copy(), 10), (VariableCopy(), 14), (Addition(), 4), (Sine(spread=0.1), 50), (Sine(), 50)):
        chosen = drawn_set(task, length, 100)
        assert len(chosen.batch.target) == 100
        assert chosen.unseen


def test_frequencies_that_are_evaluated_are_held_out() -> None:
    task = Sine(spread=0.2)
    for batch in (drawn_set(task, 50).batch, validation_set(task, 32)):
        held = held_out(batch)
        assert held is not None
        assert held.all()


def test_validation_has_training_lengths_only_each_alike() -> None:
    task = VariableCopy(train_lengths=(3, 8), eval_lengths=(3, 8, 20))
    lengths = validation_set(task, 400).source_length.tolist()
    assert set(lengths) == {3, 8}
    assert 130 < lengths.count(3) < 270


@every_strings
def test_an_evaluation_set_is_the_same_when_drawn_again(name: str) -> None:
    task = STRINGS[name]
    length = task.eval_lengths[-1]
    first = drawn_set(task, length).batch
    torch.manual_seed(99)
    again = drawn_set(task, length).batch
    assert torch.equal(first.target, again.target)
    assert sources(first) == sources(again)
    assert protocol_of(task).fingerprint(task, 8) == protocol_of(task).fingerprint(task, 8)


def test_the_evaluation_hash_sees_every_part_and_shape() -> None:
    ids = torch.arange(6)
    seen = [[ids], [ids.view(2, 3)], [ids.int()], [ids + 1], [ids, ids], [None]]
    assert len({tensors_hash(tensors) for tensors in seen}) == len(seen)


def test_every_registered_task_that_is_sampled_can_be_evaluated(task_name: str) -> None:
    task = TASKS[task_name]()
    if not protocol_of(task).named_lengths(task):
        chosen = drawn_set(task, max(task.train_lengths), 16)
        assert len(chosen.batch.target) == (3 if task_name == "repeat_symbol" else 16)  # of its 8 strings a length, 3


def test_past_the_training_lengths_no_more_is_drawn_at_once_than_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []

    class Watched(Copy):
        def sample(self, length: torch.Tensor, max_length: int, generator: torch.Generator) -> Batch:
            drawn.append(len(length) * max_length)
            return super().sample(length, max_length, generator)

    monkeypatch.setattr("bench.trial.evaluation_sets.CELLS", 1000)
    chosen = drawn_set(Watched(train_lengths=(10,)), 50, 64)
    assert len(set(sources(chosen.batch))) == 64
    assert chosen.unseen
    assert max(drawn) <= 1000
    assert sum(drawn) < 3 * 64 * 50  # not sixteen times as many as are kept


def test_at_training_lengths_sets_are_what_they_were_however_little_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Copy(train_lengths=(10, 20))
    whole = [drawn_set(task, length).batch for length in (5, 10, 20)]
    monkeypatch.setattr("bench.trial.evaluation_sets.CELLS", 1)
    for length, batch in zip((5, 10, 20), whole, strict=True):
        assert torch.equal(drawn_set(task, length).batch.target, batch.target)


@pytest.mark.parametrize(
    ("task", "length"),
    [
        (RepeatSymbol(train_lengths=(10,)), 60),
        (Sine(spread=0.2), 400),
        (Addition(operands="digits"), 12),
        (HumanNumbers(form="successor"), 9999),
    ],
)
def test_what_training_may_have_read_is_held_out_in_pieces_too(
    task: Task, length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.trial.evaluation_sets.CELLS", 64 * length)
    chosen = drawn_set(task, length, 32)
    held = held_out(chosen.batch)
    assert chosen.unseen
    assert held is not None
    assert held.all()
    assert len(chosen.batch.target) == (3 if isinstance(task, RepeatSymbol) else 32)


def test_strings_longer_than_any_of_trainings_count_whatever_their_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.trial.evaluation_sets.CELLS", 64 * 30)
    held = held_out(drawn_set(Copy(train_lengths=(10,)), 30, 64).batch)
    assert held is not None
    assert 0 < int(held.sum()) < 32


def test_adversarial_sets_are_drawn_in_pieces_too(monkeypatch: pytest.MonkeyPatch) -> None:
    task = VariableCopy(symbols=4, train_lengths=(2, 3, 4), eval_lengths=(30,))
    monkeypatch.setattr("bench.trial.evaluation_sets.CELLS", 300)
    batch = adversarial_set.__wrapped__(task, "palindrome", 30, 40)
    assert batch is not None
    assert len(set(sources(batch))) == 40
