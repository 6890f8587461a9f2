"""A run's own families beside a reference run's: ranks on the rows that both have, and who is apart from whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from bench.analysis.frame import Groups, Pair, variant_of
from bench.analysis.metrics import EXACT, metrics_of
from bench.analysis.ranking import Areas, areas_of, comparisons
from bench.analysis.robust import best_first, robust
from bench.records.schema import SCORED
from bench.records.store import Record


@dataclass(frozen=True)
class Verdict:
    """How one of the run's own families compares with the reference's, each over the rows and seeds that both have.

    pairs: the most of these that any comparison has
    """

    family: str
    better_than: list[str]
    worse_than: list[str]
    not_apart: list[str]
    pairs: int


@dataclass(frozen=True)
class Beside:
    """The records of both on shared rows; own: the families of the run alone; notes: what is not here, or not alike."""

    groups: Groups
    own: list[str]
    notes: list[str]

    @cached_property
    def standings(self) -> pd.DataFrame:
        """All families of each row, the best first: the columns of robust.csv, rank, families, own.

        Of a reference family the seeds that an own one has on the row count, so that none ranks higher for having more;
        all where it lacks these. rank: place in the row, 1 is best; families: how many there are
        """
        parts = []
        for _, rows in robust({pair: self._shared(pair, found) for pair, found in self.groups.items()}).groupby("task"):
            placed = best_first(rows)
            parts.append(placed.assign(rank=range(1, len(placed) + 1), families=len(placed)))
        found = pd.concat(parts, ignore_index=True)
        return found.assign(own=found["model"].isin(self.own))

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """What can be said of each own family that was trained; see `ranking.comparisons`."""
        found = areas_of({pair: records for pair, records in self.groups.items() if self._compares(pair[1], records)})
        return [verdict(own, found) for own in self.own if own in found]

    def _shared(self, pair: Pair, records: list[Record]) -> list[Record]:
        """Return the records of the seeds that an own family has on the row, all where there are none of these."""
        own = [self.groups.get((pair[0], model), []) for model in self.own]
        seeds = {record["seed"] for found in own for record in found}
        return [record for record in records if record["seed"] in seeds] or records

    def _compares(self, model: str, records: list[Record]) -> bool:
        """Whether a family takes part: a trained one, of the reference at its suite's own settings."""
        return records[0]["status"] != "fitted" and (model in self.own or not variant_of(records[0]))


def beside(run: Groups, reference: Groups, known: Collection[str] = ()) -> Beside:
    """Put a run's own families beside the reference run's, on rows that are judged on the same sets.

    Own are those that the reference run lacks on every row, and that are none of the known ones: a suite's, which it
    may lack as yet.
    """
    theirs_too = {*known, *(model for _, model in reference)}
    alone = {pair: found for pair, found in run.items() if pair[1] not in theirs_too and EXACT in metrics_of(found[0])}
    asked = {row: judged_on(found[0]) for (row, _), found in alone.items()}
    theirs = {pair: found for pair, found in reference.items() if asked.get(pair[0]) == judged_on(found[0])}
    rows, shared = {row for row, _ in reference}, {row for row, _ in theirs}
    notes = []
    for row in sorted(asked.keys() - shared):
        why = "judged on other evaluation sets there" if row in rows else "not there"
        notes.append(f"{row}: {why}, so nothing stands beside it")
    kept = {pair: found for pair, found in alone.items() if pair[0] in shared}
    if machines(kept) and machines(kept) != machines(theirs):
        notes.append("seconds of the reference run were taken on another machine: compare them within a run alone")
    return Beside(dict(sorted((theirs | kept).items())), sorted({model for _, model in kept}), notes)


def judged_on(record: Record) -> tuple[int, str]:
    """Return what a row's scores hang on besides the family: the task's version, the evaluation sets."""
    return record["task_version"], record["evaluation_hash"]


def machines(groups: Groups) -> set[tuple[str, str]]:
    """Return what pairs were trained on, as far as records say it; nothing of those that were not trained here."""
    every = (record for found in groups.values() for record in found if record["status"] != SCORED)
    return {(record["device"], record.get("instruction_set", "")) for record in every}


def verdict(own: str, found: Areas) -> Verdict:
    """Compare one family with every other of a row, at a level corrected for all of these comparisons."""
    pairs = [(own, other) for other in sorted(found) if other != own]
    apart: dict[str, list[str]] = {"better": [], "worse": [], "": []}
    made = comparisons(found, pairs)
    for each in made:
        apart[("better" if each.probability > 0.5 else "worse") if each.different else ""].append(each.other)
    return Verdict(own, apart["better"], apart["worse"], apart[""], max((each.pairs for each in made), default=0))
