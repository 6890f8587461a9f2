"""The claims as a table: a row a claim, every number that its verdict rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from bench.studies.claims.claim import Claim, Topic
from bench.studies.claims.evidence import evidence
from bench.studies.claims.judge import Seeds, Verdict


class Judged(NamedTuple):
    """A claim of a topic with its verdict."""

    topic: Topic
    claim: Claim
    verdict: Verdict

    @property
    def evidence(self) -> str:
        """The numbers of the verdict, in words."""
        return evidence(self.claim, self.verdict)


def claims_table(judged: Sequence[Judged]) -> pd.DataFrame:
    """Return the table.

    lesson: the topic; a, b: the first and the second runs; bound: of a level, or the margin of an equivalence; where
    scale is "log", means, bound, difference and interval are natural logarithms
    """
    return pd.DataFrame([row(one) for one in judged])


def row(one: Judged) -> dict[str, Any]:
    """Return the row of one claim."""
    claim, verdict = one.claim, one.verdict
    nothing = Seeds({}, 0, 0, False)
    first, second = verdict.first, verdict.second or nothing
    return {
        "lesson": one.topic.name,
        "claim": claim.name,
        "statement": claim.statement,
        "verdict": verdict.word,
        "test": claim.test,
        "measure": claim.measure.name,
        "unit": claim.measure.unit,
        "better": "higher" if claim.measure.higher_is_better else "lower",
        "scale": "log" if claim.measure.ratio else "plain",
        "a_runs": " ".join(claim.first),
        "b_runs": " ".join(claim.second or ()),
        "a_mean": first.mean,
        "b_mean": second.mean,
        "bound": verdict.bound,
        "difference": verdict.estimate.value,
        "low": verdict.estimate.low,
        "high": verdict.estimate.high,
        "a_seeds": len(first.by_seed),
        "b_seeds": len(second.by_seed),
        "met": "" if verdict.met is None else verdict.met,
        "diverged": first.diverged + second.diverged,
        "lost": first.lost + second.lost,
        "a_values": written(first),
        "b_values": written(second),
        "evidence": one.evidence,
    }


def written(seeds: Seeds) -> str:
    """Write the numbers of the seeds, in order of seed."""
    return " ".join(f"{seed}:{seeds.by_seed[seed]:.6g}" for seed in sorted(seeds.by_seed))
