"""The claims as a Markdown page: what a claim is, all verdicts, then each topic with its picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, groupby
from pathlib import Path

from bench.studies.claims.claim import Claim, Topic
from bench.studies.claims.judge import FALSE, HOLDS, NO_RUNS, NOT_SHOWN
from bench.studies.claims.measures import Groups
from bench.studies.claims.table import Judged
from bench.studies.pages import origin, rendered
from bench.views.charts.panel import Drawing
from bench.views.numbers import markdown_table

TEMPLATE = Path(__file__).with_name("page.md")
TALLIED = {HOLDS: "hold", FALSE: "false", NOT_SHOWN: "not shown", NO_RUNS: "without runs"}


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
        contents=contents(judged),
        marked=marked,
        measured=measured,
        runs=runs,
    )


def contents(judged: Sequence[Judged]) -> str:
    """Return the table of all claims."""
    lines = []
    for one in judged:
        title = f"[{one.topic.title}](#{one.topic.name})" if one.claim is one.topic.claims[0] else ""
        lines.append((title, one.claim.statement, marked(one.verdict.word)))
    return markdown_table(("topic", "claim", "verdict"), lines, names=3)


def marked(word: str) -> str:
    """Return a verdict, set off from the text around it."""
    return f"**{word}**" if word in (HOLDS, FALSE) else f"*{word}*"


def measured(claim: Claim) -> str:
    """Say what is measured, of the second runs too where it differs."""
    second = f", against {claim.second_measure.name}" if claim.second_measure else ""
    return f"{claim.measure.name[0].upper()}{claim.measure.name[1:]}{second}"


def runs(topic: Topic) -> str:
    """Say which rows of the tables a topic reads."""
    models = {task: [f"`{model}`" for row, model in topic.pairs if row == task] for task, _ in topic.pairs}
    return "; ".join(f"`{task}`: {', '.join(found)}" for task, found in models.items())
