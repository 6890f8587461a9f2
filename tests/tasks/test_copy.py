"""Copy, reverse and variable_copy beside plain Python."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from draws import SURELY_NOT_CHANCE, adversarial
from oracles import examples
from plain_answers import printed
from scipy.stats import chisquare

from bench.trial.batches import draw
from bench.trial.streams import stream
from tasks.strings.copy import Copy
from tasks.strings.reverse import Reverse
from tasks.strings.variable_copy import VariableCopy

LENGTHS = (1, 2, 3, 5, 9)


@pytest.mark.parametrize("kind", [Copy, Reverse, VariableCopy])
@pytest.mark.parametrize("stop", ["none", "once", "padded"])
def test_strings_are_rewritten_as_lists_are(kind: type[Copy], stop: str) -> None:
    batch = draw(kind(train_lengths=LENGTHS, stop=stop), 300, stream("cpu", "oracle"))
    for source, target in examples(batch):
        answer = source[::-1] if kind is Reverse else source
        ends = {"none": 0, "once": 1, "padded": max(LENGTHS) + 1 - len(source)}[stop]
        assert target == answer + [2] * ends


@pytest.mark.parametrize("kind", [Copy, Reverse, VariableCopy])
def test_strings_have_the_length_asked_for_and_uniform_symbols(kind: type[Copy]) -> None:
    length = torch.tensor([1, 4, 7] * 500)
    batch = kind(symbols=5).sample(length, 7, stream("cpu", "oracle"))
    sources = [source for source, _ in examples(batch)]
    assert list(map(len, sources)) == length.tolist()
    drawn = [symbol for source in sources for symbol in source]
    assert chisquare([drawn.count(symbol) for symbol in range(3, 8)]).pvalue > SURELY_NOT_CHANCE


@pytest.mark.parametrize("symbols", [2, 5])
def test_the_odd_one_is_any_other_symbol_at_any_place(symbols: int) -> None:
    task = Copy(symbols=symbols)
    strings = [source for source, _ in printed(task, adversarial(task, "odd_one", torch.full((3000,), 7)))]
    pairs, places = Counter(), Counter()
    for string in strings:
        common, odd = (symbol for symbol, _ in Counter(string).most_common())
        pairs[common, odd] += 1
        places[string.index(odd)] += 1
    for counts, choices in ((pairs, symbols * (symbols - 1)), (places, 7)):
        assert len(counts) == choices
        assert chisquare(list(counts.values())).pvalue > SURELY_NOT_CHANCE
