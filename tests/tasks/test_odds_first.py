"""Odds first beside slices in plain Python."""

from __future__ import annotations

import pytest
import torch
from draws import adversarial, at_length, is_fair, lengths
from plain_answers import STOP, printed

from bench.trial.streams import stream
from tasks.strings.odds_first import OddsFirst


@pytest.mark.parametrize("symbols", [1, 2, 8])
@pytest.mark.parametrize("stop", ["none", "once"])
def test_odd_places_come_first(symbols: int, stop: str) -> None:
    task = OddsFirst(symbols=symbols, stop=stop)
    drawn = [task.sample(lengths(), int(lengths().max()), stream("cpu", "odds"))]
    drawn += [adversarial(task, kind) for kind in task.adversarial_kinds]
    for batch in drawn:
        for asked, (question, target) in zip(lengths().tolist(), printed(task, batch), strict=True):
            assert len(question) == asked
            assert target == question[0::2] + question[1::2] + [STOP] * (stop == "once")


def test_a_long_string_is_right_however_it_is_padded() -> None:
    length = torch.tensor([1999, 2000])
    batch = OddsFirst().sample(length, 2003, stream("cpu", "long"))
    assert batch.target.shape == (2, 2004)
    for question, target in printed(OddsFirst(), batch):
        assert target == [*question[0::2], *question[1::2], STOP]


def test_symbols_are_drawn_alike_and_chance_guesses_each() -> None:
    found = [symbol for question, _ in printed(OddsFirst(), at_length(OddsFirst(), 5, 1000)) for symbol in question]
    assert is_fair([found.count(symbol) for symbol in "abcdefgh"])
    assert OddsFirst().chance(3) == pytest.approx(8**-3)
