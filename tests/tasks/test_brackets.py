"""Brackets: depths are a random walk, kinds are uniform."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

import pytest
from draws import SURELY_NOT_CHANCE, adversarial, at_length, is_fair
from plain_answers import closing, printed
from scipy.stats import chisquare

from tasks.strings.brackets import Brackets


def walks(length: int, bound: int) -> dict[tuple[int, ...], Fraction]:
    """Return every way that the depth of a prefix goes, and how probable it is."""
    found = {(0,): Fraction(1)}
    for _ in range(length):
        longer: dict[tuple[int, ...], Fraction] = {}
        for walk, probability in found.items():
            steps = {0: [1], bound or math.inf: [-1]}.get(walk[-1], [1, -1])
            for step in steps:
                longer[*walk, walk[-1] + step] = probability / len(steps)
        found = longer
    return found


@pytest.mark.parametrize("bound", [0, 1, 2, 3])
def test_depths_are_a_walk_that_turns_at_the_ground_and_at_the_bound(bound: int) -> None:
    task, rows = Brackets(kinds=2, depth=bound), 8000
    found = Counter(
        tuple(len(closing(question[:end])) for end in range(7))
        for question, _ in printed(task, at_length(task, 6, rows))
    )
    expected = walks(6, bound)
    assert set(found) == set(expected)
    pairs = [(found[walk], float(probability) * rows) for walk, probability in expected.items()]
    assert len(pairs) == 1 or chisquare(*zip(*pairs, strict=True)).pvalue > SURELY_NOT_CHANCE


def test_opening_brackets_are_of_each_kind_alike() -> None:
    task = Brackets(kinds=4)
    found = Counter(bracket for question, _ in printed(task, at_length(task, 12, 800)) for bracket in question)
    assert is_fair([found[bracket] for bracket in "([{<"])


def test_many_kinds_of_brackets_have_numbers() -> None:
    task = Brackets(kinds=6)
    assert task.text([3, 8, 9, 14]) == ") 5) ( (5"
    assert len({task.symbol(index) for index in range(12)}) == 12


@pytest.mark.parametrize("bound", [0, 1, 3])
@pytest.mark.parametrize("kinds", [1, 2, 5])
@pytest.mark.parametrize("length", [1, 2, 7])
def test_chance_of_brackets_guesses_each_kind(length: int, kinds: int, bound: int) -> None:
    expected = sum(float(probability) / kinds ** walk[-1] for walk, probability in walks(length, bound).items())
    assert Brackets(kinds=kinds, depth=bound).chance(length) == pytest.approx(expected)


def test_brackets_all_open_as_far_as_they_may() -> None:
    for source, _ in printed(Brackets(), adversarial(Brackets(), "all_open")):
        assert len(closing(source)) == len(source)
    bounded = Brackets(kinds=3, depth=3)
    for source, _ in printed(bounded, adversarial(bounded, "all_open")):
        depths = [len(closing(source[:end])) for end in range(1, len(source) + 1)]
        assert depths == [1, 2, 3, *[2, 3] * 14][: len(source)]
    assert len({"".join(source) for source, _ in printed(Brackets(), adversarial(Brackets(), "all_open"))}) > 50


def test_brackets_of_a_single_kind_have_one_kind_in_a_row() -> None:
    task = Brackets(kinds=3)
    sources = [source for source, _ in printed(task, adversarial(task, "single_kind"))]
    assert all(set(source) <= set(pair) for source in sources for pair in ["()", "[]", "{}"] if source[0] == pair[0])
    assert {source[0] for source in sources} == set("([{")
