"""Verdicts on claims: every way in which the numbers can fall, and how each is said."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from harness import record
from scipy import stats

from bench.records.store import Record
from bench.studies.claims.claim import DIFFERENCE, EQUIVALENCE, EVERY_SEED, NO_SEED, PAIRED, Claim
from bench.studies.claims.evidence import evidence
from bench.studies.claims.judge import FALSE, HOLDS, NO_RUNS, NOT_SHOWN, Verdict, judge
from bench.studies.claims.measures import NATS, SECONDS, Measure

HIGHER = Measure("strings right", lambda made: made["number"])
LOWER = Measure("loss", lambda made: made["number"], NATS, False)
TIME = Measure("time", lambda made: made["number"], SECONDS, False, ratio=True)
ONE, OTHER = ("copy", "one"), ("copy", "other")
LOST = math.nan


def runs(pair: tuple[str, str], numbers: Sequence[float | None], **changes: Any) -> list[Record]:
    return [
        record({3: 1}, task=pair[0], model=pair[1], seed=seed, number=number, **changes)
        for seed, number in enumerate(numbers)
    ]


def verdict_of(
    test: str,
    one: Sequence[float | None],
    other: Sequence[float | None] | None = None,
    measure: Measure = HIGHER,
    *,
    margin: float | None = None,
    level: float | None = None,
    **changes: Any,
) -> tuple[Verdict, str]:
    second = None if other is None else OTHER
    claim = Claim(
        name="claim", statement="One is better.", measure=measure, first=ONE, test=test, second=second, margin=margin,
        level=level,
    )  # fmt: skip
    found = judge(claim, {ONE: runs(ONE, one, **changes), OTHER: runs(OTHER, other or ())})
    return found, evidence(claim, found)


@pytest.mark.parametrize(
    ("one", "other", "word"),
    [
        ([0.9, 0.91, 0.92], [0.1, 0.12, 0.11], HOLDS),
        ([0.1, 0.12, 0.11], [0.9, 0.91, 0.92], FALSE),
        ([0.1, 0.9, 0.5], [0.2, 0.8, 0.6], NOT_SHOWN),
        ([1.0] * 5, [0.0] * 5, HOLDS),
        ([0.0] * 5, [1.0] * 5, FALSE),
        ([0.3] * 5, [0.3] * 5, NOT_SHOWN),
        ([0.9], [0.1], NOT_SHOWN),
        ([0.9], [0.1, 0.1, 0.1], NOT_SHOWN),
    ],
)
def test_better_is_decided_by_the_interval_and_turns_round_with_the_direction(
    one: list[float], other: list[float], word: str
) -> None:
    found, said = verdict_of(DIFFERENCE, one, other)
    assert found.word == word
    opposite = {HOLDS: FALSE, FALSE: HOLDS}.get(word, word)
    assert verdict_of(DIFFERENCE, one, other, LOWER)[0].word == opposite
    assert verdict_of(DIFFERENCE, other, one)[0].word == opposite
    assert "points" in said


def test_words_give_both_means_the_difference_its_interval_and_the_seeds() -> None:
    said = verdict_of(DIFFERENCE, [1.0, 0.99, 0.98], [0.03, 0.02, 0.04])[1]
    half = 100 * stats.t.ppf(0.975, 4) * math.sqrt(2 * 1e-4 / 3)
    assert said == f"99.0 % against 3.0 %, difference 96.0 points [{96 - half:.1f}, {96 + half:.1f}], 3 seeds each"
    assert verdict_of(DIFFERENCE, [1.5], [1.75], LOWER)[1] == (
        "1.500 nats against 1.750 nats, difference -0.250 nats, 1 seed each, no interval from one seed"
    )
    assert verdict_of(DIFFERENCE, [1.0, 1.0], [0.5, 0.5, 0.5])[1] == (
        "100.0 % against 50.0 %, difference 50.0 points [50.0, 50.0], 2 seeds against 3; no spread over seeds"
    )


def test_a_paired_difference_is_taken_seed_by_seed() -> None:
    """Seeds differ by far more than the two numbers of each: only in pairs does the difference show."""
    one, other = [0.2, 0.5, 0.8, 0.9], [0.19, 0.48, 0.79, 0.88]
    assert verdict_of(DIFFERENCE, one, other)[0].word == NOT_SHOWN
    found, _ = verdict_of(PAIRED, one, other)
    theirs = stats.ttest_rel(one, other).confidence_interval(0.95)
    assert found.word == HOLDS
    assert found.estimate[1:] == pytest.approx((theirs.low, theirs.high))
    assert verdict_of(PAIRED, [*one, None], [0.19, 0.48, 0.79, 0.88, 0.1])[0].word == NOT_SHOWN


@pytest.mark.parametrize(
    ("one", "other", "word", "turned"),
    [
        ([0.9, 0.91, None], [0.1, 0.12, 0.11], NOT_SHOWN, NOT_SHOWN),  # the lost one may be the worst of all
        ([0.9, 0.91, 0.92], [0.1, 0.12, None], HOLDS, FALSE),
        ([0.9, math.inf, 0.92], [0.1, 0.12, 0.11], NOT_SHOWN, NOT_SHOWN),
        ([None, None, None], [0.1, 0.12, 0.11], NOT_SHOWN, NOT_SHOWN),
    ],
)
def test_no_side_wins_by_leaving_out_seeds_without_a_number(
    one: list[float | None], other: list[float | None], word: str, turned: str
) -> None:
    found, said = verdict_of(DIFFERENCE, one, other)
    assert found.word == word
    assert verdict_of(DIFFERENCE, other, one)[0].word == turned
    assert re.search(r"of 3 seeds of (one|other) [13] without a number", said)


def test_diverged_and_fitted_runs_are_named() -> None:
    found, said = verdict_of(DIFFERENCE, [0.9, 0.9], [0.1, 0.2], status="diverged")
    assert found.first.diverged == 2
    assert said.endswith("of 2 seeds of one 2 diverged")
    assert verdict_of(DIFFERENCE, [0.9, 0.9], [0.1, 0.2], status="fitted")[1].endswith(
        "one is fitted, the same for each seed"
    )


@pytest.mark.parametrize(
    ("one", "other", "word"),
    [
        ([0.5, 0.51, 0.49], [0.5, 0.5, 0.51], HOLDS),
        ([0.5, 0.51, 0.49], [0.8, 0.81, 0.79], FALSE),
        ([0.8, 0.81, 0.79], [0.5, 0.51, 0.49], FALSE),
        ([0.4, 0.6, 0.5], [0.45, 0.55, 0.5], NOT_SHOWN),
        ([0.5] * 3, [0.5] * 3, HOLDS),
        ([0.5], [0.5], NOT_SHOWN),
        ([0.5, 0.5, None], [0.5, 0.5, 0.5], NOT_SHOWN),
    ],
)
def test_alike_is_an_interval_within_the_margin(one: list[float], other: list[float], word: str) -> None:
    found, said = verdict_of(EQUIVALENCE, one, other, margin=0.05)
    assert found.word == word
    assert "margin 5.0 points" in said


def test_an_equivalence_that_holds_is_one_by_two_one_sided_tests() -> None:
    one, other, margin = [0.5, 0.52, 0.49, 0.51], [0.5, 0.5, 0.53, 0.52], 0.05
    below = stats.ttest_ind(np.add(one, margin), other, equal_var=False, alternative="greater").pvalue
    above = stats.ttest_ind(np.subtract(one, margin), other, equal_var=False, alternative="less").pvalue
    assert max(below, above) < 0.025
    assert verdict_of(EQUIVALENCE, one, other, margin=margin)[0].word == HOLDS


def test_times_are_compared_by_their_ratio() -> None:
    found, said = verdict_of(EQUIVALENCE, [10.0, 11.0, 12.0], [10.5, 11.5, 11.0], TIME, margin=1.25)
    assert found.word == HOLDS
    assert found.estimate.value == pytest.approx(np.log([10, 11, 12]).mean() - np.log([10.5, 11.5, 11]).mean())
    assert said.startswith("10.97 seconds against 10.99 seconds, ratio 1.00 [0.8")
    assert "margin 1.25" in said
    assert verdict_of(EQUIVALENCE, [20.0, 21.0], [10.0, 10.5], TIME, margin=1.25)[0].word == FALSE


@pytest.mark.parametrize(
    ("numbers", "reached", "none"),
    [
        ([0.99, 1.0, 0.995], HOLDS, FALSE),
        ([0.5, 0.4, 0.3], FALSE, HOLDS),
        ([1.0, 0.97, 1.0], NOT_SHOWN, NOT_SHOWN),
        ([0.99, 0.5, 0.51, 0.5, 0.49, 0.5], FALSE, NOT_SHOWN),  # the mean's interval lies below
        ([1.0], NOT_SHOWN, NOT_SHOWN),
        ([1.0, None], NOT_SHOWN, NOT_SHOWN),
        ([None, None], FALSE, HOLDS),  # diverged: reaches nothing
    ],
)
def test_a_level_counts_seeds(numbers: list[float | None], reached: str, none: str) -> None:
    assert verdict_of(EVERY_SEED, numbers, level=0.99)[0].word == reached
    assert verdict_of(NO_SEED, numbers, level=0.99)[0].word == none


def test_a_level_says_its_counts_and_may_be_the_mean_of_other_runs() -> None:
    assert verdict_of(EVERY_SEED, [1.0, 0.98], level=0.99)[1].startswith("1 of 2 seeds at 99.0 % or more; mean 99.0 %")
    found, said = verdict_of(NO_SEED, [2.5, 2.6, 2.7], [2.4, 2.4, 2.4], LOWER)
    assert (found.word, found.bound, found.met) == (HOLDS, pytest.approx(2.4), 3)
    assert said.startswith("3 of 3 seeds above 2.400 nats; mean 2.600 nats [")
    assert verdict_of(EVERY_SEED, [2.5, 2.6, 2.7], [2.4, 2.4, 2.4], LOWER)[0].word == FALSE
    assert verdict_of(EVERY_SEED, [2.3, 2.4], [2.4, 2.4], LOWER)[0].word == HOLDS
    assert verdict_of(EVERY_SEED, [2.3, 2.2], [None, None], LOWER)[0].word == NOT_SHOWN


@pytest.mark.parametrize("there", [(), (ONE,), (OTHER,)])
def test_missing_runs_are_named_with_the_command_that_makes_them(there: tuple[tuple[str, str], ...]) -> None:
    claim = Claim(name="claim", statement="One is better.", measure=HIGHER, first=ONE, test=DIFFERENCE, second=OTHER)
    found = judge(claim, {pair: runs(pair, [1.0, 1.0]) for pair in there})
    said = evidence(claim, found)
    assert found.word == NO_RUNS
    assert ("copy one" in said, "copy other" in said) == (ONE not in there, OTHER not in there)
    assert said.endswith("`python -m bench run --suite lessons` makes them")
