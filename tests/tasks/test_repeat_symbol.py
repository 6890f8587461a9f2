"""Repeat symbol: what is drawn and what is held out."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from draws import at_length, is_fair
from plain_answers import printed

from bench.spec.spec import Spec
from bench.trial.batches import sampled
from bench.trial.evaluation_sets import evaluation_set
from bench.trial.holdout import held_out
from tasks.strings.repeat_symbol import RepeatSymbol


def test_repeated_symbols_are_drawn_alike() -> None:
    found = Counter(question[0] for question, _ in printed(RepeatSymbol(), at_length(RepeatSymbol(), 5, 2000)))
    assert len(found) == 8
    assert is_fair(list(found.values()))


@pytest.mark.parametrize("symbols", range(2, 41))
def test_some_of_a_lengths_repeated_symbols_are_held_out_and_never_all(symbols: int) -> None:
    task = RepeatSymbol(symbols=symbols)
    for length in (1, 2, 20, 2000):
        held = held_out(at_length(task, length, 40 * symbols))
        assert held is not None
        assert 0 < held.sum() < len(held)


def test_repeated_symbols_are_each_trained_and_at_every_length_but_held_out_pairs_never() -> None:
    task, trained = RepeatSymbol(), set()
    for step in itertools.islice(sampled(task, Spec(task.name, "gru"), 1, "cpu"), 60):
        pairs = zip(printed(task, step.batch), step.weight.any(1).tolist(), strict=True)
        trained |= {(question[0], len(question)) for (question, _), counts in pairs if counts}
    assert {length for _, length in trained} == set(range(1, 21))
    assert {symbol for symbol, _ in trained} == set("abcdefgh")
    for length in task.eval_lengths[:9]:
        chosen = evaluation_set(task, length, 64)
        evaluated = {(question[0], len(question)) for question, _ in printed(task, chosen.batch)}
        assert chosen.unseen
        assert len(evaluated) == 3
        assert not evaluated & trained
