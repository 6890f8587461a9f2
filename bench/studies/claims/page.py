"""The lessons as a Markdown page: what a claim is, all verdicts, then each lesson with its picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from textwrap import fill

from bench.spec.settings import written
from bench.studies.claims.claims import Lesson
from bench.studies.claims.figures import file_name
from bench.studies.claims.judge import FALSE, HOLDS, NO_RUNS, NOT_SHOWN
from bench.studies.claims.measures import Groups
from bench.studies.claims.table import Judged
from bench.studies.claims.words import evidence
from bench.views.numbers import heading_rows, row_of

WIDTH = 120
TITLE = "# What the notebooks teach, and what the runs say"
INTRODUCTION = """\
A claim is a sentence that teaching notebooks draw from training small models; runs are trained to test it.
It **holds** or is **false** where the seeds agree by the tests below, and is *not shown* where they do not.
{origin}"""
READING = """How verdicts are made:

- *A against B*: the interval of the difference of the two means over seeds (Welch's t) lies on the claim's side, on the
  other, or over zero. Two numbers of the same trained networks are compared seed by seed.
- *Alike*: the interval of the difference lies within the stated margin, wholly outside it, or over its edge (two
  one-sided tests, each at 2.5 %).
- *So many seeds at a level*: all seeds are as the claim says; or none is, or the interval of their mean lies on the
  other side; or neither.
- One seed shows nothing. A seed that diverged is counted, and no side wins by leaving its own out.
- A t interval does not know that a share ends at 0 and 100 %, and nothing is corrected for the number of claims: of
  forty comparisons without any difference, about one would still be said to hold.

In the pictures a dot is a seed and a bar their mean; lines are means over seeds, shaded from the lowest seed to the
highest; grey marks the training lengths. Every number is in claims.csv beside the records."""


def lessons_page(judged: Sequence[Judged], groups: Groups, pictures: Mapping[str, str], folder: str) -> str:
    """Return the page; pictures: by lesson what is to be seen; folder: where they are, seen from the page."""
    parts = [TITLE, INTRODUCTION.format(origin=origin(groups)), tally(judged), contents(judged), READING]
    for number, (_, found) in enumerate(groupby(judged, key=lambda one: one.lesson.name), 1):
        parts.append(section(number, list(found), pictures, folder))
    return "\n\n".join(parts) + "\n"


def origin(groups: Groups) -> str:
    """Say which runs these are: the suite, seeds and commits."""
    records = [record for found in groups.values() for record in found]
    seeds = written(sorted({record["seed"] for record in records}))
    commits = sorted({str(record["commit"])[:7] for record in records if record["commit"]})
    made = f"commit {', '.join(commits)}" if commits else "no known commit"
    open_ = ", in part uncommitted code" if any(record["dirty"] or not record["commit"] for record in records) else ""
    return f"Here: suite `lessons`, seeds {seeds}, {made}{open_}; `make lessons` trains it and writes this page."


def tally(judged: Sequence[Judged]) -> str:
    """Count the verdicts."""
    counts = Counter(one.verdict.word for one in judged)
    names = {HOLDS: "hold", FALSE: "false", NOT_SHOWN: "not shown", NO_RUNS: "without runs"}
    said = [f"{counts[word]} {name}" for word, name in names.items() if counts[word]]
    return f"Of {len(judged)} claims: {', '.join(said)}."


def contents(judged: Sequence[Judged]) -> str:
    """Return the table of all claims."""
    lines, last = heading_rows(("lesson", "claim", "verdict"), names=3), ""
    for one in judged:
        title = f"[{one.lesson.title}](#{one.lesson.name})" if one.lesson.name != last else ""
        lines.append(row_of((title, one.claim.statement, marked(one.verdict.word))))
        last = one.lesson.name
    return "\n".join(lines)


def section(number: int, judged: Sequence[Judged], pictures: Mapping[str, str], folder: str) -> str:
    """Return one lesson."""
    lesson = judged[0].lesson
    parts = [f'<a id="{lesson.name}"></a>\n\n## {number}. {lesson.title}', "\n".join(map(claim_line, judged))]
    if lesson.name in pictures:
        parts.append(f"![{pictures[lesson.name]}]({folder}/{file_name(lesson)}.png)")
    return "\n\n".join([*parts, fill(lesson.why, WIDTH, break_on_hyphens=False), read_line(lesson)])


def claim_line(one: Judged) -> str:
    """Return a claim with its verdict and numbers."""
    first, second = one.claim.measure.name, one.claim.second_measure.name
    said = first if first == second else f"{first}, against {second}"
    name = f"{said[0].upper()}{said[1:]}"
    return f"- {marked(one.verdict.word)}: {one.claim.statement}\\\n  {name}: {evidence(one.claim, one.verdict)}."


def read_line(lesson: Lesson) -> str:
    """Say which rows of the tables a lesson reads."""
    by_task: dict[str, list[str]] = {}
    for task, model in lesson.pairs:
        by_task.setdefault(task, []).append(f"`{model}`")
    rows = [f"`{task}`: {', '.join(models)}" for task, models in by_task.items()]
    return f"Runs: {'; '.join(rows)}."


def marked(word: str) -> str:
    """Return a verdict, set off from the text around it."""
    return f"**{word}**" if word in (HOLDS, FALSE) else f"*{word}*"
