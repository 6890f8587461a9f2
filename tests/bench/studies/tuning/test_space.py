"""The search's numbers, stated once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.spec.errors import RequestError
from bench.studies.tuning.space import HELD_OUT, SPACE, Setting
from bench.suites.configured import CONFIGURED
from bench.suites.suites import SUITES


def test_every_rate_goes_with_every_width_at_a_part_of_the_steps() -> None:
    first = SPACE.first_round
    assert len(first) == len(set(first)) == len(SPACE.rates) * len(SPACE.widths)
    assert {each.steps for each in first} == {SPACE.steps // SPACE.part}
    assert Setting(SPACE.rates[0], SPACE.widths[-1], SPACE.steps // SPACE.part) in first
    assert SPACE.tries == len(first) + SPACE.kept + 2 * SPACE.further


def test_seeds_are_none_that_a_suite_uses() -> None:
    assert [SPACE.seed, *SPACE.further_seeds] == [100, 101, 102]
    assert max(suite.seeds for suite in SUITES.values()) <= 100
    with pytest.raises(RequestError, match="seeds of 100 or more, suites those below; got 99"):
        replace(SPACE, seed=99)


def test_what_is_held_out_is_of_rows_there_are_and_lies_within_their_training_text() -> None:
    for row, settings in HELD_OUT.items():
        assert row in CONFIGURED
        assert max(settings["train_lengths"]) < min(settings["starts"])
        assert max(settings["eval_lengths"]) <= 7999
