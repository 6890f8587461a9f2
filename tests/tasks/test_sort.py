"""Sort: what is drawn, and the likeliest answer."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from draws import at_length, is_fair
from plain_answers import answer, printed

from tasks.strings.parity import Parity
from tasks.strings.sort import Sort


def test_bits_and_symbols_to_sort_are_uniform() -> None:
    for task, count in ((Parity(), 2), (Sort(), 8)):
        found = Counter(symbol for question, _ in printed(task, at_length(task, 9, 1000)) for symbol in question)
        assert len(found) == count
        assert is_fair(list(found.values()))


@pytest.mark.parametrize("symbols", [1, 2, 3])
@pytest.mark.parametrize("length", [1, 2, 5, 6])
def test_chance_of_sorting_is_the_likeliest_answer(symbols: int, length: int) -> None:
    answers = Counter(
        tuple(answer("sort", list(string))) for string in itertools.product("abc"[:symbols], repeat=length)
    )
    assert Sort(symbols=symbols).chance(length) == pytest.approx(max(answers.values()) / symbols**length)
