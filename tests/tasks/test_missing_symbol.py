"""Missing symbol: where the blank is, and the short cut of sums."""

from __future__ import annotations

from collections import Counter

import torch
from draws import adversarial, at_length, is_fair
from plain_answers import printed

from tasks.strings.missing_symbol import MissingSymbol


def test_the_blank_is_at_any_place_alike_and_hides_any_symbol_alike() -> None:
    task = MissingSymbol()
    examples = printed(task, at_length(task, 6, 3000))
    places = Counter(question.index("_") - 7 for question, _ in examples)
    assert sorted(places) == list(range(6))
    assert is_fair(list(places.values()))
    assert is_fair(list(Counter(target[0] for _, target in examples).values()))
    for question, target in examples:
        first, second = question[:6], question[7:]
        assert [target[0] if symbol == "_" else symbol for symbol in second] == first
        assert question.count("_") == question.count("|") == 1


def test_sums_of_the_copies_give_the_missing_symbol_away() -> None:
    task = MissingSymbol(symbols=5)
    for question, target in printed(task, at_length(task, 12, 200)):
        first, second = (
            sum("abcde".index(symbol) for symbol in half if symbol != "_") for half in (question[:12], question[13:])
        )
        assert "abcde"[(first - second) % 5] == target[0]


def test_the_blank_hides_the_odd_one() -> None:
    task = MissingSymbol()
    for source, target in printed(task, adversarial(task, "odd_one", torch.full((100,), 8))):
        assert source[:8].count(target[0]) == 1
        assert source[9:].count(target[0]) == 0
