"""Addition beside Python's own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from draws import SURELY_NOT_CHANCE
from oracles import examples, number, question
from scipy.stats import chisquare

from bench.trial.streams import stream
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
