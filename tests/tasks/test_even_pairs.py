"""Even pairs beside a plain count of the neighbours that differ."""

from __future__ import annotations

from itertools import groupby, pairwise, product

import pytest
import torch
from draws import adversarial, at_length, is_fair, lengths
from plain_answers import printed

from bench.trial.streams import stream
from tasks.strings.even_pairs import EvenPairs


def pairs(string: list[str]) -> int:
    """Count the pairs 01 and 10."""
    return sum(one != other for one, other in pairwise(string))


def test_pairs_are_counted() -> None:
    task = EvenPairs()
    drawn = [task.sample(lengths(), int(lengths().max()), stream("cpu", "pairs"))]
    drawn += [adversarial(task, kind) for kind in task.adversarial_kinds]
    for batch in drawn:
        for asked, (question, target) in zip(lengths().tolist(), printed(task, batch), strict=True):
            assert len(question) == asked
            assert target == [str(pairs(question) % 2)]


def test_a_long_string_is_right() -> None:
    for question, target in printed(EvenPairs(), at_length(EvenPairs(), 2000, 8)):
        assert target == [str(pairs(question) % 2)]


def test_strings_are_drawn_alike() -> None:
    found = ["".join(question) for question, _ in printed(EvenPairs(), at_length(EvenPairs(), 3, 6000))]
    assert is_fair([found.count("".join(bits)) for bits in product("01", repeat=3)])


@pytest.mark.parametrize("length", [1, 2, 3, 6])
def test_chance_is_that_of_the_best_guess(length: int) -> None:
    answers = [pairs(list(bits)) % 2 for bits in product("01", repeat=length)]
    assert EvenPairs().chance(length) == pytest.approx(max(answers.count(0), answers.count(1)) / len(answers))


def test_one_change_is_drawn_at_every_place_and_both_ways() -> None:
    found = [
        [(bit, len(list(run))) for bit, run in groupby(question)]
        for question, _ in printed(EvenPairs(), adversarial(EvenPairs(), "one_change", torch.full((4000,), 5)))
    ]
    expected = [[(first, many), (second, 5 - many)] for first, second in ("01", "10") for many in (1, 2, 3, 4)]
    assert all(runs in expected for runs in found)
    assert is_fair([found.count(runs) for runs in expected])
