"""Addition beside Python's own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from draws import SURELY_NOT_CHANCE
from held import evaluated_on, trained_on
from oracles import examples, number, question
from scipy.stats import chisquare

from bench.trial.evaluation_sets import evaluation_set, validation_set
from bench.trial.holdout import held_out
from bench.trial.streams import stream
from tasks import Batch
from tasks.arithmetic.addition import Addition, add_digits

LENGTHS = (1, 2, 3, 5, 9)
FORMATS: list[dict[str, Any]] = [
    {},
    {"low_first_operands": True},
    {"low_first_sum": True},
    {"pad_zeros": True},
    {"pad_zeros": True, "low_first_operands": True, "low_first_sum": True},
    {"aligned": True},
    {"aligned": True, "pad_zeros": True, "low_first_sum": True},
]


@pytest.mark.parametrize("settings", FORMATS, ids=str)
@pytest.mark.parametrize("base", [2, 10, 16])
@pytest.mark.parametrize("operands", ["values", "digits", "equal"])
def test_sums_are_pythons(settings: dict[str, Any], base: int, operands: str) -> None:
    task = Addition(train_lengths=(*LENGTHS, 14), shortest=2, base=base, operands=operands, **settings)
    length = torch.tensor(task.train_lengths).repeat(40)
    batch = task.sample(length, 14, stream("cpu", "oracle"))
    for most, (source, target) in zip(length.tolist(), examples(batch), strict=True):
        (left, left_digits), (right, right_digits) = question(source, task)
        total, digits = number(target[:-1], base, task.low_first_sum)
        assert target[-1] == 2
        assert total == left + right
        if task.pad_zeros:
            assert (left_digits, right_digits, digits) == (most, most, most + 1)
        for value, written in ((left, left_digits), (right, right_digits), (total, digits)):
            assert task.pad_zeros or base ** (written - 1) <= value < base**written


def operands_of(task: Addition, length: int, count: int) -> list[int]:
    batch = task.sample(torch.full((count,), length), length, stream("cpu", "operands"))
    pairs = [[value for value, _ in question(source, task)] for source, _ in examples(batch)]
    assert sum(left == right for left, right in pairs) < count / 5
    return [value for pair in pairs for value in pair]


def test_operands_by_value_are_uniform_from_100_to_9999() -> None:
    drawn = operands_of(Addition(), 4, 10_000)
    assert 100 <= min(drawn) <= max(drawn) <= 9999
    bins = [0] * 11  # of 900 numbers each, the first of which is the numbers of three digits
    for value in drawn:
        bins[(value - 100) // 900] += 1
    assert chisquare(bins).pvalue > SURELY_NOT_CHANCE


@pytest.mark.parametrize(("length", "least"), [(1, 1), (2, 10), (3, 100)])
def test_operands_no_longer_than_the_shortest_have_exactly_the_length(length: int, least: int) -> None:
    drawn = operands_of(Addition(shortest=3), length, 2000)
    assert min(drawn) >= least
    assert max(drawn) < 10 * least
    assert len(set(drawn)) > 0.8 * 9 * least


def test_operands_by_digits_have_each_number_of_digits_alike() -> None:
    drawn = [len(str(value)) for value in operands_of(Addition(operands="digits", shortest=2), 6, 5000)]
    assert chisquare([drawn.count(digits) for digits in range(2, 7)]).pvalue > SURELY_NOT_CHANCE


def test_equal_operands_have_as_many_digits_as_the_length() -> None:
    drawn = operands_of(Addition(operands="equal"), 5, 3000)
    assert {len(str(value)) for value in drawn} == {5}
    assert chisquare([sum(str(v)[0] == d for v in drawn) for d in "123456789"]).pvalue > SURELY_NOT_CHANCE


def places(value: int, base: int, width: int) -> list[int]:
    """Return the digits of a number, lowest first."""
    return [value // base**place % base for place in range(width)]


@pytest.mark.parametrize("width", [1, 2, 3, 8, 40])
@pytest.mark.parametrize("base", [2, 10, 16])
def test_long_carry_chains_are_added_as_python_does(base: int, width: int) -> None:
    top, ones = base**width - 1, (base**width - 1) // (base - 1)
    alternating = sum((base - 1) * base**place for place in range(0, width, 2))
    hard = [(top, 1), (1, top), (top, top), (top, 0), (0, 0), (alternating, top - alternating), (top - ones, ones)]
    hard += [(alternating, top - alternating + 1), (base ** (width - 1), top), (top - 1, 1), (top - 1, 2 % base)]
    hard = [(left, right) for left, right in hard if max(left, right) <= top]
    left, right = (torch.tensor([places(pair[side], base, width) for pair in hard]) for side in (0, 1))
    expected = [places(a + b, base, width + 1) for a, b in hard]
    assert add_digits(left, right, base).tolist() == expected


def test_inside_lengths_of_the_longest_operand_are_those_trained() -> None:
    settings: dict[str, Any] = {"train_lengths": (4, 6), "shortest": 1}
    assert Addition(operands="longest", **settings).inside_lengths == (4, 6)
    assert Addition(operands="digits", **settings).inside_lengths == (1, 2, 3, 4, 5, 6)


HELD: dict[str, dict[str, Any]] = {
    "text": {"train_lengths": (1, 2, 3, 4), "shortest": 1},
    "reversed": {"train_lengths": (1, 2, 3, 4, 4, 4, 4), "low_first_operands": True, "low_first_sum": True},
    "aligned": {"train_lengths": (1, 2, 3, 4), "shortest": 1, "aligned": True, "operands": "longest"},
    "padded": {"train_lengths": (1, 2, 3, 4), "pad_zeros": True, "operands": "digits", "carry_heavy": 0.3},
    "hexadecimal": {"train_lengths": (1, 2, 3), "base": 16, "operands": "equal"},
}
every_held = pytest.mark.parametrize("task", [Addition(**settings) for settings in HELD.values()], ids=list(HELD))


def pairs_of(task: Addition, batch: Batch) -> list[frozenset[int]]:
    """Return the two numbers of each sum, in no order."""
    return [frozenset(value for value, _ in question(source, task)) for source, _ in examples(batch)]


@every_held
def test_no_sum_that_is_evaluated_was_trained_in_either_order(task: Addition) -> None:
    trained = trained_on(task, lambda batch: pairs_of(task, batch))
    for length in range(1, max(task.train_lengths) + 1):
        assert not trained & evaluated_on(task, lambda batch: pairs_of(task, batch), length)
    assert not trained & set(pairs_of(task, validation_set(task, 256)))


def test_at_one_digit_some_pairs_are_evaluated_and_all_others_are_trained_in_both_orders() -> None:
    task = Addition(train_lengths=(1,), shortest=1, eval_lengths=(1,))
    chosen = set(pairs_of(task, evaluation_set(task, 1, 81).batch))
    batch = task.sample(torch.full((4000,), 1), 1, stream("cpu", "digits"))
    held = held_out(batch)
    assert held is not None
    drawn = list(zip(pairs_of(task, batch), held.tolist(), strict=True))
    assert {pair for pair, is_held in drawn if is_held} == chosen
    assert len({pair for pair, _ in drawn}) == 45
    assert 3 <= len(chosen) <= 10
    assert not chosen & {pair for pair, is_held in drawn if not is_held}


@every_held
@pytest.mark.parametrize("length", [1, 2, 3, 6, 30])
def test_about_an_eighth_of_the_pairs_are_held_out_at_every_length(task: Addition, length: int) -> None:
    batch = task.sample(torch.full((6000,), length), length, stream("cpu", "share"))
    held = held_out(batch)
    assert held is not None
    by_pair = dict(zip(pairs_of(task, batch), held.tolist(), strict=True))
    assert abs(sum(by_pair.values()) / len(by_pair) - 1 / 8) < 4 * (7 / 64 / len(by_pair)) ** 0.5


def test_a_pair_is_the_same_in_every_order_format_and_width() -> None:
    names = {}
    for settings in ({}, {"aligned": True}, {"pad_zeros": True}, {"low_first_operands": True, "low_first_sum": True}):
        for width in (3, 9):
            task = Addition(shortest=1, **settings)
            batch = task.sample(torch.full((3000,), 3), width, stream("cpu", "pair"))
            assert batch.identity is not None
            for pair, name in zip(pairs_of(task, batch), batch.identity.tolist(), strict=True):
                assert names.setdefault(pair, name) == name
    assert len(set(names.values())) == len(names) > 2000
