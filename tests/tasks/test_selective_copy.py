"""Selective copy: data among blanks."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from draws import adversarial, at_length, is_fair, lengths
from held import evaluated_on, trained_on
from plain_answers import printed

from bench.trial.holdout import held_out
from tasks import Batch
from tasks.strings.selective_copy import SelectiveCopy


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 1.0])
def test_data_have_their_share_of_positions_and_at_least_one(share: float) -> None:
    task = SelectiveCopy(share=share)
    questions = [question for question, _ in printed(task, at_length(task, 10, 4000))]
    counts = [sum(symbol != "_" for symbol in question) for question in questions]
    assert min(counts) >= 1
    expected = 10 * share + (1 - share) ** 10
    assert abs(sum(counts) / 4000 - expected) < 5 * (2.5 / 4000) ** 0.5
    symbols = Counter(symbol for question in questions for symbol in question if symbol != "_")
    assert is_fair(list(symbols.values()))
    places = Counter(at for question in questions for at, symbol in enumerate(question) if symbol != "_")
    assert is_fair([places[at] for at in range(10)])


@pytest.mark.parametrize(("share", "symbols"), [(0.5, 8), (0.2, 2), (0.0, 4), (1.0, 3)])
@pytest.mark.parametrize("length", [1, 2, 5])
def test_chance_of_selective_copy_guesses_each_symbol(share: float, symbols: int, length: int) -> None:
    expected = 0.0
    for mask in itertools.product((0, 1), repeat=length):
        count = sum(mask)
        expected += share**count * (1 - share) ** (length - count) / symbols ** max(count, 1)
    assert SelectiveCopy(share=share, symbols=symbols).chance(length) == pytest.approx(expected)


def test_data_are_dense_or_sparse() -> None:
    task = SelectiveCopy()
    assert all("_" not in source for source, _ in printed(task, adversarial(task, "dense")))
    for asked, (source, _) in zip(lengths().tolist(), printed(task, adversarial(task, "sparse")), strict=True):
        assert source.count("_") == asked - 1


def answers(task: SelectiveCopy, batch: Batch) -> list[tuple[str, ...]]:
    """Return what stands between the blanks of each source."""
    return [tuple(symbol for symbol in source if symbol != "_") for source, _ in printed(task, batch)]


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_no_source_is_evaluated_whose_data_were_trained_between_other_blanks(share: float) -> None:
    task = SelectiveCopy(share=share)
    trained = trained_on(task, lambda batch: answers(task, batch))
    for length in range(1, 21):
        assert not trained & evaluated_on(task, lambda batch: answers(task, batch), length)


@pytest.mark.parametrize("symbols", [2, 3, 8])
def test_some_answers_of_one_symbol_are_held_out_and_never_all(symbols: int) -> None:
    task = SelectiveCopy(symbols=symbols, share=0.0)
    held = held_out(at_length(task, 7, 1000))
    assert held is not None
    assert 0 < held.sum() < len(held)
