"""Sort: what is drawn, and the likeliest answer."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from draws import at_length, is_fair
from held import evaluated_on, trained_on
from plain_answers import answer, printed

from bench.trial.holdout import held_out
from tasks import Batch
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


def multisets(task: Sort, batch: Batch) -> list[tuple[str, ...]]:
    """Return each string's symbols in order."""
    return [tuple(sorted(string)) for string, _ in printed(task, batch)]


def test_no_string_is_evaluated_whose_symbols_were_trained_in_another_order() -> None:
    task = Sort()
    trained = trained_on(task, lambda batch: multisets(task, batch))
    for length in range(1, 21):
        assert not trained & evaluated_on(task, lambda batch: multisets(task, batch), length)


@pytest.mark.parametrize(("length", "choices"), [(1, 8), (2, 36), (3, 120), (4, 330)])
def test_some_multisets_of_a_short_length_are_held_out_and_never_all(length: int, choices: int) -> None:
    batch = at_length(Sort(), length, 12_000)
    held = held_out(batch)
    assert held is not None
    by_name = dict(zip(multisets(Sort(), batch), held.tolist(), strict=True))
    assert len(by_name) >= 0.95 * choices
    assert 0 < sum(by_name.values()) < len(by_name) / 3
