"""Writes what the claims come to by a run: a table of every number that a verdict rests on, the page, the pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, groupby
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from bench.analysis.frame import group
from bench.records.store import read_records, write_atomically
from bench.spec.errors import WorkError
from bench.studies.claims.charts import drawing
from bench.studies.claims.claim import Claim, Topic, topics
from bench.studies.claims.evidence import COMMAND, evidence
from bench.studies.claims.judge import FALSE, HOLDS, NO_RUNS, NOT_SHOWN, Seeds, Verdict, judge
from bench.studies.claims.measures import Groups
from bench.studies.pages import origin, rendered, write_pages
from bench.views.charts.panel import Drawing, write_drawings

TEMPLATE = Path(__file__).with_name("page.md")
TALLIED = {HOLDS: "hold", FALSE: "false", NOT_SHOWN: "not shown", NO_RUNS: "without runs"}


class Judged(NamedTuple):
    """A claim of a topic with its verdict."""

    topic: Topic
    claim: Claim
    verdict: Verdict

    @property
    def evidence(self) -> str:
        """The numbers of the verdict, in words."""
        return evidence(self.claim, self.verdict)


def write_claims(out: Path, page: Path | None) -> tuple[list[Judged], list[str]]:
    """Judge every claim by a run's records and write claims.csv, lessons.md and figures/ into its folder.

    page: a file that gets the same page, its pictures still those of the run -> verdicts, notes on records left out
    """
    records, problems = read_records(out / "records")
    if not records:
        raise WorkError(f"no records in {str(out / 'records')!r}: run `{COMMAND}` first")
    groups, mixed = group(records)
    judged = [Judged(topic, claim, judge(claim, groups)) for topic in topics() for claim in topic.claims]
    figures = out / "figures"
    pictures = {topic.name: drawn for topic in topics() if (drawn := drawing(topic, groups))}
    write_drawings(figures, pictures.values(), only="lesson-*")
    write_atomically(out / "claims.csv", claims_table(judged).to_csv(index=False, float_format="%.6g"))
    write_pages(out / "lessons.md", page, figures, lambda folder: claims_page(judged, groups, pictures, folder))
    return judged, problems + mixed


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


def claims_page(judged: Sequence[Judged], groups: Groups, pictures: Mapping[str, Drawing], folder: str) -> str:
    """Return the page; pictures: by topic; folder: where they are, seen from the page."""
    counts = Counter(one.verdict.word for one in judged)
    return rendered(
        TEMPLATE,
        judged=judged,
        topics=[(topic, list(found)) for topic, found in groupby(judged, key=lambda one: one.topic)],
        pictures=pictures,
        folder=folder,
        origin=origin(chain(*groups.values())),
        tally=", ".join(f"{counts[word]} {name}" for word, name in TALLIED.items() if counts[word]),
        runs=runs,
    )


def runs(topic: Topic) -> str:
    """Say which rows of the tables a topic reads."""
    models = {task: [f"`{model}`" for row, model in topic.pairs if row == task] for task, _ in topic.pairs}
    return "; ".join(f"`{task}`: {', '.join(found)}" for task, found in models.items())
