"""Measures and claims: each claim read against records in which it is true, and against others in which it is not."""

from __future__ import annotations

import math
from collections.abc import Callable
from copy import deepcopy

import pytest
from lesson_records import suite_records

from bench.analysis.frame import group
from bench.analysis.summary import Pair
from bench.records.store import Record
from bench.studies.claims.claim import EQUIVALENCE, EVERY_SEED, Claim, topics
from bench.studies.claims.judge import FALSE, HOLDS, NOT_SHOWN, judge
from bench.studies.claims.measures import MEASURES, NATS, RELATIVE, SECONDS, SHARE, STEPS, Measure, number_of
from bench.suites.suites import SUITES

CLAIMS = [claim for topic in topics() for claim in topic.claims]
GROUPS = group(suite_records())[0]
EXAMPLES = 1000
GOOD = {SHARE: 0.995, NATS: 1.5, STEPS: 800.0, SECONDS: 10.0, RELATIVE: 1e-3}
BAD = {SHARE: 0.004, NATS: 1.9, STEPS: 1600.0, SECONDS: 20.0, RELATIVE: 0.9}


def counts(share: float) -> dict[str, int]:
    return {"examples": EXAMPLES, "right": round(share * EXAMPLES), "stopped_wrong": 0}


def inside(record: Record) -> list[str]:
    return [str(length) for length in record["inside_lengths"]]


def last(record: Record) -> str:
    return max(record["by_length"], key=int)


def put_right(record: Record, share: float) -> None:
    record["by_length"][max(inside(record), key=int)] |= counts(share)


def put_elsewhere(record: Record, share: float) -> None:
    for length, score in record["by_length"].items():
        if length not in inside(record):
            score |= counts(share if length == "11" else 0)
    record["by_length"]["2"] |= {"examples": 3, "right": 3}  # too few to count


def put_beside(record: Record, share: float) -> None:
    for length in (5, 6, 7, 8, 9, 11, 12, 13, 14):
        record["by_length"][str(length)] |= counts(share)


def put_weakest(record: Record, share: float) -> None:
    for length in inside(record):
        record["by_length"][length] |= counts(share if length == "7" else 1)


def put_content(record: Record, share: float) -> None:
    for length in inside(record):
        stopped = min(3, round(share * EXAMPLES))
        record["by_length"][length] |= counts(share - stopped / EXAMPLES) | {"stopped_wrong": stopped}


def put_padding(part: str) -> Callable[[Record, float], None]:
    def put(record: Record, share: float) -> None:
        record["padding"] |= {part: EXAMPLES, f"{part}_right": round(share * EXAMPLES)}

    return put


def put_steps(record: Record, step: float) -> None:
    record["curve"] = [
        {"step": 100, "loss": 1.0, "exact": 0.1},
        {"step": int(step), "loss": 0.5, "exact": 0.9},
        {"step": int(step) + 100, "loss": 0.5, "exact": 0.8},
    ]


def put_words(record: Record, share: float) -> None:
    record["by_length"][last(record)] |= {"tokens": EXAMPLES, "tokens_right": round(share * EXAMPLES)}


def put_text(record: Record, nats: float) -> None:
    record["by_length"][last(record)]["nats"] = nats


def put_lowest(record: Record, nats: float) -> None:
    for length, score in record["by_length"].items():
        score["nats"] = nats if length == "16" else nats + 0.5


def put_window(record: Record, nats: float) -> None:
    record["by_length"]["8"]["nats"] = nats


def put_error(record: Record, error: float) -> None:
    record["by_length"]["50"]["nrmse"] = error


def put_seconds(record: Record, seconds: float) -> None:
    epochs = record["steps"] / (480_714 // (64 * 8))
    record["timing"]["train_seconds"] = seconds * epochs


WRITERS: dict[str, Callable[[Record, float], None]] = {
    "signals continued": put_right,
    "signal error": put_error,
    "strings right": put_right,
    "best other length": put_elsewhere,
    "best longer length": put_elsewhere,
    "lengths 5 to 14 without 10": put_beside,
    "weakest training length": put_weakest,
    "content right": put_content,
    "tokens right": put_padding("symbols"),
    "tokens and padding right": put_padding("cells"),
    "steps to learn": put_steps,
    "next tokens right": put_words,
    "loss": put_text,
    "lowest loss": put_lowest,
    "loss at windows": put_window,
    "seconds an epoch": put_seconds,
}


def planted(found: dict[Pair, list[Record]], measure: Measure, pair: Pair, value: float) -> None:
    """Write a number into every seed of a run, each a little off, and see that the measure reads it back."""
    (key,) = (key for key, known in MEASURES.items() if known == measure)
    for record in found[pair]:
        number = value * (1 + 0.001 * (record["seed"] % 3))
        WRITERS[key](record, number)
        read = measure.value(record)
        assert read == pytest.approx(number, abs=0.6 / EXAMPLES if measure.unit == SHARE else 1, rel=1e-9)


def verdict_where(claim: Claim, first: float, second: float) -> str:
    found = {pair: deepcopy(GROUPS[pair]) for pair in claim.pairs}
    planted(found, claim.measure, claim.first, first)
    if claim.second is not None:
        planted(found, claim.second_measure or claim.measure, claim.second, second)
    return judge(claim, found).word


def in_which_true(claim: Claim) -> tuple[float, float, float, float]:
    """Return numbers of first and second runs under which a claim is true, then some under which it is false."""
    good, bad = GOOD[claim.measure.unit], BAD[claim.measure.unit]
    if claim.test == EQUIVALENCE:
        return good, good, good, bad
    if claim.is_level:
        between = (good + bad) / 2
        return (good, between, bad, between) if claim.test == EVERY_SEED else (bad, between, good, between)
    return good, bad, bad, good


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_every_claim_turns_with_its_numbers(claim: Claim) -> None:
    first, second, other_first, other_second = in_which_true(claim)
    assert verdict_where(claim, first, second) == HOLDS
    assert verdict_where(claim, other_first, other_second) == FALSE


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_no_claim_is_shown_by_one_seed(claim: Claim) -> None:
    assert judge(claim, {pair: GROUPS[pair][:1] for pair in claim.pairs}).word == NOT_SHOWN


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_every_claim_is_judged_where_its_runs_diverged(claim: Claim) -> None:
    """What a diverged training leaves: no loss, nothing right, a curve that ends early."""
    found = {pair: deepcopy(GROUPS[pair]) for pair in claim.pairs}
    for record in found[claim.first]:
        record["status"] = "diverged"
        record["curve"] = [{"step": 100, "loss": None, "exact": None}]
        if "padding" in record:
            record["padding"] |= {"symbols_right": 0, "cells_right": 0}
        for score in record["by_length"].values():
            score |= {"right": 0, "stopped_wrong": 0, "tokens_right": 0, "nats": None, "nrmse": None}
    verdict = judge(claim, found)
    assert verdict.first.diverged == 5
    if claim.is_level:
        assert verdict.word == (FALSE if claim.test == EVERY_SEED else HOLDS)
    elif claim.first != claim.second and claim.measure.unit not in (STEPS, SECONDS):
        assert verdict.word in (FALSE, NOT_SHOWN)


def test_claims_read_every_run_of_the_suite_and_no_other() -> None:
    read = {pair for claim in CLAIMS for pair in claim.pairs}
    assert read == {(spec.row, spec.column) for spec in SUITES["lessons"].specs}


def test_a_run_that_never_learns_counts_with_its_budget_and_one_without_padding_has_no_number() -> None:
    (record,) = GROUPS["variable_copy", "gru"][:1]
    slow = deepcopy(record)
    slow["curve"] = [{"step": 2000, "loss": 0.1, "exact": 0.89}]
    assert MEASURES["steps to learn"].value(slow) == slow["spec"]["steps"]
    del slow["padding"]
    assert math.isnan(number_of(MEASURES["tokens and padding right"], slow))
    assert math.isnan(number_of(MEASURES["added by padding"], slow))
    assert MEASURES["seconds an epoch"].value(GROUPS["chars_nietzsche", "markov(order=6)"][0]) is None


def test_records_of_other_lengths_have_no_number_and_stop_nothing() -> None:
    found = {pair: deepcopy(records) for pair, records in GROUPS.items()}
    for records in found.values():
        for record in records:
            record["by_length"] = {"77": next(iter(record["by_length"].values()))}
    verdicts = {claim.name: judge(claim, found) for claim in CLAIMS}
    assert verdicts["gru-copies-ten"].first.lost == 5
    assert verdicts["concat-beats-add"].word == NOT_SHOWN
    assert verdicts["mixed-beats-fixed"].word == NOT_SHOWN
