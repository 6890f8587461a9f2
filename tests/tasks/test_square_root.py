"""Square root beside Python's own."""

from __future__ import annotations

import math
from collections import Counter

import pytest
import torch
from draws import SURELY_NOT_CHANCE, adversarial, at_length, is_fair, lengths
from held import evaluated_on, trained_on
from plain_answers import printed
from scipy.stats import chisquare

from bench.trial.holdout import held_out
from bench.trial.streams import stream
from tasks import Batch
from tasks.arithmetic.square_root import SquareRoot, square_roots


def number(digits: list[str]) -> int:
    """Read binary digits, the highest first."""
    return int("".join(digits), 2)


def numbers(batch: Batch) -> list[int]:
    """Return what is asked about."""
    return [number(question) for question, _ in printed(SquareRoot(), batch)]


def as_numbers(digits: torch.Tensor) -> list[int]:
    """Read binary digits, the lowest first."""
    return [number(list(map(str, row[::-1]))) for row in digits.tolist()]


def is_answered(question: list[str], target: list[str]) -> bool:
    """Whether the answer is Python's, with zeros in front that make it half as long as the question."""
    root = f"{math.isqrt(number(question)):b}"
    return target == list(root.zfill((len(question) + 1) // 2))


def test_roots_are_pythons() -> None:
    task = SquareRoot()
    drawn = [task.sample(lengths(), int(lengths().max()), stream("cpu", "roots"))]
    drawn += [adversarial(task, kind) for kind in task.adversarial_kinds]
    for batch in drawn:
        for asked, (question, target) in zip(lengths().tolist(), printed(task, batch), strict=True):
            assert len(question) == asked
            assert is_answered(question, target)


@pytest.mark.parametrize("kind", [None, *SquareRoot.adversarial_kinds])
def test_a_thousand_digits_are_right(kind: str | None) -> None:
    asked, task = torch.tensor([1000, 999, 241, 240, 239, 123, 61, 60, 59, 1]), SquareRoot()
    batch = adversarial(task, kind, asked) if kind else task.sample(asked, 1001, stream("cpu", "long"))
    assert all(is_answered(question, target) for question, target in printed(task, batch))


@pytest.mark.parametrize("places", [1, 2, 5, 11, 12])
def test_all_roots_and_what_is_left_over_are_right(places: int) -> None:
    root, remainder = square_roots(torch.arange(2**places)[:, None] >> torch.arange(places) & 1)
    assert root.shape[1] == (places + 1) // 2
    roots = [math.isqrt(each) for each in range(2**places)]
    assert as_numbers(root) == roots
    assert as_numbers(remainder) == [each - root**2 for each, root in enumerate(roots)]


@pytest.mark.parametrize("places", [46, 47, 48, 49, 50, 51, 52, 117, 118, 119, 120, 121, 400])
def test_roots_at_the_borders_of_float64_and_of_limbs_are_right(places: int) -> None:
    """Of numbers just under, at and just over squares, and of the greatest."""
    most = math.isqrt(2**places - 1)
    roots = [*range(most - 50, most), *(most * share // 100 for share in range(50, 100))]
    asked = [2**places - 1, *(root**2 + more for root in roots for more in (-1, 0, 1, root, 2 * root))]
    root, remainder = square_roots(torch.tensor([[each >> place & 1 for place in range(places)] for each in asked]))
    assert as_numbers(root) == [math.isqrt(each) for each in asked]
    assert as_numbers(remainder) == [each - math.isqrt(each) ** 2 for each in asked]


def test_numbers_are_drawn_alike() -> None:
    found = numbers(at_length(SquareRoot(), 4, 8000))
    assert is_fair([found.count(each) for each in range(16)])


def test_kinds_are_what_they_say() -> None:
    task = SquareRoot()
    for kind in task.adversarial_kinds:
        for question, _ in printed(task, adversarial(task, kind)):
            asked, places = number(question), len(question)
            assert {
                "squares": asked == math.isqrt(asked) ** 2 > 0,
                "one_less": asked + 1 == math.isqrt(asked + 1) ** 2,
                "all_ones": asked == 2**places - 1,
                "one_and_zeros": asked == 2 ** (places - 1),
            }[kind]


def test_squares_are_those_up_to_an_odd_number() -> None:
    found = Counter(numbers(adversarial(SquareRoot(), "squares", torch.full((4000,), 5))))
    expected = Counter(math.isqrt(odd) ** 2 for odd in range(1, 32, 2))
    assert set(found) == set(expected) == {1, 4, 9, 16, 25}
    pairs = [(found[square], ways * 4000 / 16) for square, ways in expected.items()]
    assert chisquare(*zip(*pairs, strict=True)).pvalue > SURELY_NOT_CHANCE


@pytest.mark.parametrize("length", [1, 2, 3, 4, 7, 8])
def test_chance_is_that_of_the_likeliest_root(length: int) -> None:
    roots = Counter(map(math.isqrt, range(2**length)))
    assert SquareRoot().chance(length) == pytest.approx(max(roots.values()) / 2**length)


def test_chance_at_a_great_length_is_one_root_of_many() -> None:
    assert SquareRoot().chance(1000) == pytest.approx(2.0**-499)


def test_no_number_is_evaluated_that_was_trained_with_more_or_fewer_zeros_in_front() -> None:
    trained = trained_on(SquareRoot(), numbers, 30)
    for length in (2, 3, 5, 10, 20):
        assert not trained & set(evaluated_on(SquareRoot(), numbers, length))


@pytest.mark.parametrize(("length", "least"), [(1, 0), (2, 1), (3, 1), (6, 3)])
def test_some_numbers_of_a_short_length_are_held_out_and_never_all(length: int, least: int) -> None:
    batch = at_length(SquareRoot(), length, 3000)
    held = held_out(batch)
    assert held is not None
    by_number = dict(zip(numbers(batch), held.tolist(), strict=True))
    assert len(by_number) == 2**length
    assert least <= sum(by_number.values()) <= len(by_number) / 3
