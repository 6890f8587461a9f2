"""Published claims about lengths never seen, each beside what a committed run gives, with a verdict by one rule."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.analysis.metrics import EXACT
from bench.analysis.parts import by_length
from bench.analysis.seconds import training_seconds
from bench.analysis.statistics import Floats
from bench.records.store import Record
from bench.spec.errors import WorkError
from bench.studies.published.counterpart import counterpart, metric_named
from bench.views.numbers import markdown_table, percent
from bench.views.readme import Asked

FILE = Path(__file__).with_name("reproductions.toml")
POINTS = 0.05  # how far a mean may be from what is printed
SEEDS = 3  # with fewer a verdict is open
VERDICTS = ("reproduced", "not reproduced", "open", "not comparable")
HEADINGS = ("claim", "there", "row", "family", "here", "printed", "found", "seeds", "inside", "cost", "verdict")
NAMES = 5  # columns of words, the first ones


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a paper prints of a model at lengths that training never saw, and where its counterpart is.

    says: model and task by the paper's names; there: its training and test lengths; seeds: how many, in its words;
    printed: a share; spread: the standard deviation that is printed beside it
    holds: whether the claim is that so much is reached, or that it is not surpassed
    row, family, lengths, metric, run: the counterpart, the mean over lengths
    incomparable: why the two cannot be compared, if so
    """

    says: str
    there: str
    printed: float
    seeds: str
    holds: bool
    row: str
    family: str
    lengths: tuple[int, ...]
    spread: float = 0.0
    metric: str = EXACT.name
    run: str = "full"
    incomparable: str = ""

    def of_each_seed(self, records: Sequence[Record]) -> Floats:
        """Return what each seed of the counterpart gives, (seeds,), the mean over its lengths."""
        found = by_length(metric_named(self.metric), records, self.lengths)
        if np.isnan(found).any():
            raise WorkError(f"{self.family!r} on {self.row!r} was not scored at all of {list(self.lengths)}")
        return found.mean(1)

    def verdict(self, here: Floats) -> str:
        """Judge by what each seed gives, (seeds,): within POINTS or the printed spread, on the side that is claimed."""
        if self.incomparable:
            return "not comparable"
        if len(here) < SEEDS:
            return "open"
        missed = self.printed - here.mean() if self.holds else here.mean() - self.printed
        return "reproduced" if missed <= max(POINTS, self.spread) else "not reproduced"

    def cells(self, records: Sequence[Record]) -> list[str]:
        """Return its line of the table."""
        found, inside = self.of_each_seed(records), by_length(EXACT, records, records[0]["inside_lengths"])
        spread = f" [{percent(found.min())}, {percent(found.max())}]" if len(found) > 1 else ""
        seconds = np.mean([training_seconds(record) for record in records])
        steps = np.mean([record["steps"] for record in records])
        return [
            *(self.says, f"{self.there}, {self.seeds} seeds", self.row, f"`{self.family}`"),
            f"to {max(records[0]['train_lengths'])}, asked at {', '.join(map(str, self.lengths))}",
            f"{'' if self.holds else 'at most '}{percent(self.printed)}",
            *(f"{percent(found.mean())}{spread}", str(len(found)), percent(float(np.nanmean(inside)))),
            f"{steps:,.0f} steps, {seconds:,.0f} s, {records[0]['parameters']:,} parameters",
            self.verdict(found),
        ]


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A paper's claims; `differs`: from what is done here; `tried`: where ours falls short."""

    name: str
    source: str
    differs: str
    tried: str = ""
    claims: tuple[Claim, ...]


def papers(file: Path = FILE) -> list[Paper]:
    """Return the papers in the order of their file."""
    found: list[dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))["papers"]
    return [Paper(**paper | {"claims": tuple(claim_of(entry) for entry in paper["claims"])}) for paper in found]


def claim_of(entry: dict[str, Any]) -> Claim:
    """Return a claim as the file has it."""
    return Claim(**entry | {"lengths": tuple(entry["lengths"])})


def reproductions(asked: Asked) -> str:
    """Return how many claims have which verdict, then each paper's table; the folder asked for holds the runs."""
    parts, verdicts = [], Counter[str]()
    for paper in papers():
        lines = []
        for claim in paper.claims:
            run = asked.read(asked.root / asked.folder / claim.run)
            lines.append(claim.cells(counterpart(run, claim.run, claim.row, claim.family)))
            verdicts[lines[-1][-1]] += 1
        said = " ".join([paper.differs, *(claim.incomparable for claim in paper.claims if claim.incomparable)])
        tried = f"\n\nTried: {paper.tried}" if paper.tried else ""
        parts.append(f"## {paper.name}\n\n{paper.source}. {said}{tried}\n\n{markdown_table(HEADINGS, lines, NAMES)}")
    counted = ", ".join(f"{verdicts[name]} {name}" for name in VERDICTS if verdicts[name])
    return f"{sum(verdicts.values())} claims of {len(parts)} papers: {counted}.\n\n" + "\n".join(parts)
