"""Modular arithmetic beside a plain evaluation of the expression as it is printed."""

from __future__ import annotations

import math
from collections import Counter

import pytest
import torch
from draws import adversarial, at_length, is_fair, lengths
from plain_answers import printed

from bench.trial.streams import stream
from tasks.arithmetic.modular import PRIMES, Modular


def evaluated(question: list[str]) -> int:
    """Evaluate an expression: a sum of products, a minus belonging to its first factor."""
    terms = "".join(question).replace("-", "+-").split("+")
    return sum(math.prod(map(int, term.split("*"))) for term in terms)


@pytest.mark.parametrize("modulus", PRIMES)
def test_answers_are_those_of_plain_python(modulus: int) -> None:
    task = Modular(modulus=modulus)
    drawn = [task.sample(lengths(), int(lengths().max()), stream("cpu", "modular"))]
    drawn += [adversarial(task, kind) for kind in task.adversarial_kinds]
    for batch in drawn:
        for asked, (question, target) in zip(lengths().tolist(), printed(task, batch), strict=True):
            assert len(question) == 2 * asked - 1
            assert target == [str(evaluated(question) % modulus)]


def test_a_long_expression_is_right() -> None:
    task = Modular()
    ((question, target),) = printed(task, at_length(task, 2000, 1))
    assert target == [str(evaluated(question) % 5)]


def test_digits_and_signs_are_drawn_alike() -> None:
    questions = [question for question, _ in printed(Modular(), at_length(Modular(), 2, 6000))]
    for place, names in ((0, "01234"), (1, "+-*"), (2, "01234")):
        found = Counter(question[place] for question in questions)
        assert set(found) == set(names)
        assert is_fair([found[name] for name in names])


def test_kinds_are_what_they_say() -> None:
    signs = {
        kind: {"".join(question[1::2]) for question, _ in printed(Modular(), adversarial(Modular(), kind))}
        for kind in Modular.adversarial_kinds
    }
    assert signs["sums"] == {"+" * count for count in (0, 1, 2, 3, 8, 9, 28)}
    assert signs["products"] == {"*" * count for count in (0, 1, 2, 3, 8, 9, 28)}
    assert signs["in_turns"] == {("+*" * 14)[:count] for count in (0, 1, 2, 3, 8, 9, 28)}
    assert all("0" not in question for question, _ in printed(Modular(), adversarial(Modular(), "products")))


def test_a_modulus_that_is_no_prime_is_one_line() -> None:
    with pytest.raises(ValueError, match=r"^unknown modulus '6'; choose from: 2, 3, 5, 7, 11, 13$"):
        Modular(modulus=6)


def test_chance_guesses_a_digit() -> None:
    assert Modular(modulus=7).chance(50) == pytest.approx(1 / 7)
    assert torch.equal(Modular().sample(torch.tensor([3]), 4, stream("cpu", 1)).source_length, torch.tensor([5]))
