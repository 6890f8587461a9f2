"""Adversarial and carry-heavy sums: carries that run as they should."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from draws import SURELY_NOT_CHANCE, adversarial, lengths
from oracles import examples, number, question
from scipy.stats import chisquare

from bench.trial.batches import draw
from bench.trial.streams import stream
from tasks.arithmetic.addition import Addition
from tasks.base import EOS

FORMATS: list[dict[str, Any]] = [
    {},
    {"low_first_operands": True, "low_first_sum": True},
    {"pad_zeros": True},
    {"aligned": True},
    {"aligned": True, "pad_zeros": True, "low_first_sum": True},
]


def digits_of(value: int, base: int) -> list[int]:
    """Return a number's digits, lowest first."""
    found = [value % base]
    while value >= base:
        value //= base
        found.append(value % base)
    return found


def added(left: int, right: int, base: int) -> tuple[list[int], list[int]]:
    """Add at school: return what each place sums to without carries, and the carries out of each."""
    operands = [digits_of(value, base) for value in (left, right)]
    places = max(map(len, operands))
    columns = [sum(digits[at] for digits in operands if at < len(digits)) for at in range(places)]
    carries: list[int] = []
    for column in columns:
        carries.append((column + (carries[-1] if carries else 0)) // base)
    return columns, carries


def sums(task: Addition, kind: str) -> list[tuple[int, int, int]]:
    """Return the length and both operands of each adversarial sum, once it is seen to be written and added rightly."""
    batch, found = adversarial(task, kind), []
    for asked, (source, target) in zip(lengths().tolist(), examples(batch), strict=True):
        (left, left_digits), (right, right_digits) = question(source, task)
        total, digits = number(target[:-1], task.base, task.low_first_sum)
        assert target[-1] == EOS
        assert total == left + right
        assert max(len(digits_of(value, task.base)) for value in (left, right)) == asked
        if task.pad_zeros:
            assert (left_digits, right_digits, digits) == (asked, asked, asked + 1)
        else:
            for value, written in ((left, left_digits), (right, right_digits), (total, digits)):
                assert len(digits_of(value, task.base)) == written  # no leading zeros
        found.append((asked, left, right))
    return found


every_format = pytest.mark.parametrize("settings", FORMATS, ids=str)
every_base = pytest.mark.parametrize("base", [2, 3, 10, 16])


@every_format
@every_base
def test_a_carry_runs_through_the_whole_number(base: int, settings: dict[str, Any]) -> None:
    shorter = 0
    for asked, left, right in sums(Addition(base=base, **settings), "carry_chain"):
        columns, carries = added(left, right, base)
        assert columns[0] >= base
        assert columns[1:] == [base - 1] * (asked - 1)
        assert carries == [1] * asked
        shorter += len(digits_of(min(left, right), base)) < asked
    assert (shorter > 0) == (base == 2)


@every_format
@every_base
def test_nines_plus_one_is_a_one_and_zeros(base: int, settings: dict[str, Any]) -> None:
    found = sums(Addition(base=base, **settings), "nines_plus_one")
    assert all({left, right} == {base**asked - 1, 1} for asked, left, right in found)
    assert 0.3 < sum(left == 1 for asked, left, _ in found if asked > 1) / (len(found) * 6 / 7) < 0.7


@every_format
@every_base
def test_without_a_carry_no_place_reaches_the_base(base: int, settings: dict[str, Any]) -> None:
    for asked, left, right in sums(Addition(base=base, **settings), "no_carry"):
        columns, carries = added(left, right, base)
        assert max(columns) < base
        assert not any(carries)
        if base > 2:
            assert len(digits_of(min(left, right), base)) == asked


@every_format
@every_base
def test_unequal_operands_are_one_long_and_one_short_in_either_order(base: int, settings: dict[str, Any]) -> None:
    found = sums(Addition(base=base, **settings), "unequal")
    for asked, left, right in found:
        assert len(digits_of(min(left, right), base)) <= max(1, asked // 10)
    long = [(left, right) for asked, left, right in found if asked == 29]
    assert {len(digits_of(min(pair), base)) for pair in long} == {1, 2}
    assert 4 < sum(left < right for left, right in long) < 36


def test_carry_chains_have_every_digit() -> None:
    found = sums(Addition(), "carry_chain")
    low, inner, top = Counter(), Counter(), Counter()
    for asked, left, _ in found:
        digits = digits_of(left, 10)
        if asked > 1:
            low[digits[0]] += 1
            inner.update(digits[1:-1])
            top[digits[-1]] += 1
    assert set(low) == set(range(1, 10))
    assert chisquare([inner[digit] for digit in range(10)]).pvalue > SURELY_NOT_CHANCE
    assert chisquare([top[digit] for digit in range(1, 9)]).pvalue > SURELY_NOT_CHANCE


def pairs_of(task: Addition, batch: Any) -> list[tuple[int, int]]:
    """Return both operands of each sum, once both are seen to be written without leading zeros."""
    found = []
    for source, target in examples(batch):
        (left, left_digits), (right, right_digits) = question(source, task)
        assert number(target[:-1], task.base, task.low_first_sum)[0] == left + right
        for value, written in ((left, left_digits), (right, right_digits)):
            assert task.pad_zeros or (value > 0 and len(digits_of(value, task.base)) == written)
        found.append((left, right))
    return found


@pytest.mark.parametrize(("length", "shortest"), [(8, 3), (5, 1), (2, 3), (1, 3)])
def test_the_longest_operand_has_the_length_and_the_other_any_number_of_digits(length: int, shortest: int) -> None:
    task = Addition(operands="longest", shortest=shortest)
    batch = task.sample(torch.full((3000,), length), length, stream("cpu", "longest"))
    counts = [tuple(len(str(value)) for value in pair) for pair in pairs_of(task, batch)]
    assert {max(pair) for pair in counts} == {length}
    others = Counter(min(pair) for pair in counts)
    least = min(shortest, length)
    assert sorted(others) == list(range(least, length + 1))
    assert len(others) == 1 or chisquare(list(others.values())).pvalue > SURELY_NOT_CHANCE
    first = [left > right for left, right in counts if left != right]
    assert not first or 0.4 < sum(first) / len(first) < 0.6


def share_of_nines(pairs: list[tuple[int, int]], base: int) -> list[float]:
    """Return, of each sum, the share of places that sum to base - 1."""
    columns = [added(left, right, base)[0] for left, right in pairs]
    return [column.count(base - 1) / len(column) for column in columns]


@every_base
@pytest.mark.parametrize("operands", ["values", "digits", "equal", "longest"])
@pytest.mark.parametrize("aligned", [False, True])
def test_heavy_training_sums_are_full_of_carries_and_evaluated_ones_are_not(
    base: int, operands: str, aligned: bool
) -> None:
    settings: dict[str, Any] = {"base": base, "operands": operands, "shortest": 1, "aligned": aligned}
    plain, heavy = Addition(**settings), Addition(**settings, carry_heavy=1.0)
    length = torch.tensor([1, 2, 3, 40]).repeat(60)
    evaluated = [task.sample(length, 40, stream("cpu", "heavy")) for task in (plain, heavy)]
    assert torch.equal(evaluated[0].source, evaluated[1].source)
    assert torch.equal(evaluated[0].target, evaluated[1].target)
    trained = plain.training_sample(length, 40, stream("cpu", "heavy"))
    assert torch.equal(trained.source, evaluated[0].source)
    batch = heavy.training_sample(length, 40, stream("cpu", "heavy"))
    assert batch.source.shape == evaluated[0].source.shape
    nines = share_of_nines(pairs_of(heavy, batch)[3::4], base)
    assert 0.85 < sum(nines) / len(nines) < 0.99
    usual = share_of_nines(pairs_of(heavy, evaluated[1])[3::4], base)
    assert sum(usual) / len(usual) < 0.7


def test_only_a_share_of_training_sums_is_heavy() -> None:
    task = Addition(operands="equal", carry_heavy=0.3)
    batch = task.training_sample(torch.full((2000,), 30), 30, stream("cpu", "share"))
    heavy = [share > 0.5 for share in share_of_nines(pairs_of(task, batch), 10)]
    assert abs(sum(heavy) / 2000 - 0.3) < 5 * (0.21 / 2000) ** 0.5


def test_what_training_draws_is_heavy_too() -> None:
    task = Addition(operands="equal", train_lengths=(30,), carry_heavy=1.0)
    pairs = pairs_of(task, draw(task, 100, stream("cpu", "feed"), training=True))
    assert sum(share_of_nines(pairs, 10)) / 100 > 0.85
