"""The claims as a table: a row a claim, every number that its verdict rests on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from bench.studies.claims.claims import Alike, Better, Claim, Lesson
from bench.studies.claims.judge import Seeds, Verdict
from bench.studies.claims.words import evidence

COLUMNS = (
    "lesson claim statement verdict test measure unit better scale a_runs b_runs a_mean b_mean bound difference "
    "low high a_seeds b_seeds met diverged lost a_values b_values evidence"
).split()


class Judged(NamedTuple):
    """A claim of a lesson with its verdict."""

    lesson: Lesson
    claim: Claim
    verdict: Verdict


def claims_table(judged: Sequence[Judged]) -> pd.DataFrame:
    """Return the table.

    a, b: the first and the second runs; bound: of a level, or the margin of an equivalence; where scale is "log",
    means, bound, difference and interval are natural logarithms
    """
    return pd.DataFrame([row(one) for one in judged], columns=COLUMNS)


def row(one: Judged) -> dict[str, Any]:
    """Return the row of one claim."""
    claim, verdict = one.claim, one.verdict
    second = verdict.second
    return {
        "lesson": one.lesson.name,
        "claim": claim.name,
        "statement": claim.statement,
        "verdict": verdict.word,
        "test": test_name(claim),
        "measure": claim.measure.name,
        "unit": claim.measure.unit,
        "better": "higher" if claim.measure.higher_is_better else "lower",
        "scale": "log" if claim.measure.ratio else "plain",
        "a_runs": " ".join(claim.first),
        "b_runs": " ".join(claim.second or ()),
        "a_mean": verdict.first.mean,
        "b_mean": math.nan if second is None else second.mean,
        "bound": verdict.bound,
        "difference": verdict.estimate.value,
        "low": verdict.estimate.low,
        "high": verdict.estimate.high,
        "a_seeds": len(verdict.first.by_seed),
        "b_seeds": 0 if second is None else len(second.by_seed),
        "met": "" if verdict.met is None else verdict.met,
        "diverged": verdict.first.diverged + (0 if second is None else second.diverged),
        "lost": verdict.first.lost + (0 if second is None else second.lost),
        "a_values": written(verdict.first),
        "b_values": "" if second is None else written(second),
        "evidence": evidence(claim, verdict),
    }


def test_name(claim: Claim) -> str:
    """Name the test."""
    if isinstance(claim.test, Better):
        return "paired difference" if claim.test.paired else "difference"
    if isinstance(claim.test, Alike):
        return "equivalence"
    return "every seed reaches" if claim.test.reached else "no seed reaches"


def written(seeds: Seeds) -> str:
    """Write the numbers of the seeds, in order of seed."""
    return " ".join(f"{seed}:{seeds.by_seed[seed]:.6g}" for seed in sorted(seeds.by_seed))
