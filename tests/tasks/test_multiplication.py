"""Multiplication beside Python's own."""

from __future__ import annotations

import pytest
import torch
from draws import adversarial, at_length, is_fair, lengths
from plain_answers import STOP, printed

from bench.trial.streams import stream
from tasks.arithmetic.multiplication import Multiplication, multiply_digits


def numbers(question: list[str]) -> tuple[str, str]:
    """Return both factors, the highest digit first."""
    left, right = "".join(question).split("*")
    return left[::-1], right[::-1]


@pytest.mark.parametrize("factor", ["digit", "same"])
def test_products_are_pythons(factor: str) -> None:
    task = Multiplication(factor=factor)
    drawn = [task.sample(lengths(), int(lengths().max()), stream("cpu", "products"))]
    drawn += [adversarial(task, kind) for kind in task.adversarial_kinds]
    for batch in drawn:
        for asked, (question, target) in zip(lengths().tolist(), printed(task, batch), strict=True):
            left, right = numbers(question)
            assert (len(left), len(right)) == (asked, asked if factor == "same" else 1)
            assert left[0] != "0" != right[0]
            assert target == [*str(int(left) * int(right))[::-1], STOP]


@pytest.mark.parametrize("factor", ["digit", "same"])
def test_a_thousand_digits_are_right(factor: str) -> None:
    task = Multiplication(factor=factor)
    asked = torch.tensor([1000, 1000])
    for batch in (at_length(task, 1000, 2), adversarial(task, "all_nines", asked)):
        for question, target in printed(task, batch):
            left, right = numbers(question)
            assert target == [*str(int(left) * int(right))[::-1], STOP]


def test_all_products_of_three_digits_by_two_are_right() -> None:
    left, right = torch.arange(1000).repeat_interleave(100), torch.arange(100).repeat(1000)
    place = 10 ** torch.arange(5)
    found = multiply_digits(left[:, None] // place[:3] % 10, right[:, None] // place[:2] % 10)
    assert torch.equal((found * place).sum(1), left * right)


def test_digits_are_drawn_alike() -> None:
    drawn = [numbers(question) for question, _ in printed(Multiplication(), at_length(Multiplication(), 2, 4500))]
    assert is_fair([sum(right == digit for _, right in drawn) for digit in "123456789"])
    assert is_fair([sum(left[0] == digit for left, _ in drawn) for digit in "123456789"])
    assert is_fair([sum(left[1] == digit for left, _ in drawn) for digit in "0123456789"])


def test_kinds_are_what_they_say() -> None:
    task = Multiplication(factor="same")
    for kind in task.adversarial_kinds:
        for question, _ in printed(task, adversarial(task, kind)):
            left, right = numbers(question)
            expected = {
                "all_nines": "9" * len(left),
                "one_and_zeros": "1".ljust(len(left), "0"),
                "all_ones": "1" * len(left),
            }
            assert left == expected[kind]
            assert kind != "all_nines" or right == left


def test_chance_and_settings() -> None:
    assert Multiplication().chance(3) == pytest.approx(1e-3)
    assert Multiplication(factor="same").chance(3) == pytest.approx(1e-5)
    with pytest.raises(ValueError, match=r"^unknown factor 'both'; choose from: digit, same$"):
        Multiplication(factor="both")
