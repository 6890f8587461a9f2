"""Parity: adversarial bits."""

from __future__ import annotations

from collections import Counter

import torch
from draws import SURELY_NOT_CHANCE, adversarial, lengths
from plain_answers import printed
from scipy.stats import chisquare

from tasks.strings.parity import Parity


def test_bits_are_what_their_kind_says() -> None:
    task = Parity()
    for asked, (source, _) in zip(lengths().tolist(), printed(task, adversarial(task, "all_ones")), strict=True):
        assert source == ["1"] * asked
    places = Counter()
    for source, target in printed(task, adversarial(task, "single_one", torch.full((1200,), 6))):
        assert (source.count("1"), target) == (1, ["1"])
        places[source.index("1")] += 1
    assert chisquare([places[at] for at in range(6)]).pvalue > SURELY_NOT_CHANCE
    found = {"".join(source) for source, _ in printed(task, adversarial(task, "alternating", torch.full((50,), 5)))}
    assert found == {"01010", "10101"}
