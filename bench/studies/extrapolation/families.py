"""A task's families as the page needs them, best first, and which tasks have a section of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bench.analysis.adversarial import Adversaries, adversaries
from bench.analysis.metrics import EXACT, metrics_of
from bench.analysis.parts import by_length
from bench.analysis.robust import best_first
from bench.analysis.statistics import SOLVED
from bench.analysis.summary import tenfold_length
from bench.records.store import Record
from bench.spec.catalogue import Catalogue
from bench.views.charts.material import Run

MULTIPLES = (1, 2, 5, 10, 50, 100)  # of the longest training length: where accuracy is told
NEAR = 0.15  # a length stands for a multiple that it is so near to
ROUNDING = 1e-9
FEW = 4  # families that a task may have without a section, if the same one with other lengths has more
LENGTHS = ("train_lengths", "eval_lengths")


@dataclass(frozen=True)
class Family:
    """A family on a task: its records, its rows of the tables.

    row: of leaderboard.csv; lengths: of by_length.csv, by length; robust: of robust.csv, nothing without exact match
    """

    model: str
    records: list[Record]
    row: dict[Any, Any]
    lengths: dict[int, dict[Any, Any]]
    robust: dict[Any, Any]

    @property
    def first(self) -> Record:
        """A record, for what all of its seeds share."""
        return self.records[0]

    @property
    def reached(self) -> float:
        """How far the median seed holds; without exact match the mean over seeds."""
        return float(self.robust["median_horizon"] if self.robust else self.row["l99"])

    @property
    def inside(self) -> list[int]:
        """The training lengths."""
        return list(self.first["inside_lengths"])

    @property
    def far(self) -> int:
        """The evaluated length nearest to ten times the longest training length, else the longest of all."""
        return tenfold_length(sorted(self.lengths), self.inside) or int(self.row["longest"])

    @cached_property
    def metrics(self) -> set[str]:
        """The names of what is measured."""
        return {metric.name for metric in metrics_of(self.first)}

    @cached_property
    def adversaries(self) -> Adversaries | None:
        """What it did on adversarial sets, if it has any."""
        return adversaries(self.records)

    @property
    def inductive_bias(self) -> str:
        """What structure it brings along before it has seen an example, "-" where it does not say."""
        family = Catalogue().entries["model"].get(self.first["spec"]["model"])
        return family.inductive_bias(self.first["spec"]["model_settings"]) or "-" if family else "-"

    def solved_at(self, length: int) -> int:
        """Count the seeds with 99 % or more at an evaluated length."""
        return int((by_length(EXACT, self.records, [length]) >= SOLVED - ROUNDING).sum())


def families(run: Run, task: str) -> list[Family]:
    """Return a task's families, the best first as `best` orders them: by how surely their seeds hold how far."""
    places = {model: place for place, model in enumerate(best_first(run.robust[run.robust["task"] == task])["model"])}
    found = [
        Family(
            row["model"],
            run.groups[task, row["model"]],
            row,
            {one["length"]: one for one in run.rows(task, row["model"]).to_dict("records")},
            run.robust_rows.get((task, row["model"]), {}),
        )
        for row in run.ranked(task).to_dict("records")
    ]
    return sorted(found, key=lambda family: places.get(family.model, len(places)))


def alike_but_for_lengths(run: Run) -> list[list[str]]:
    """Gather the tasks with exact match that differ in their lengths alone, those with the most families first."""
    found: dict[str, list[str]] = {}
    for task in sorted(run.strings, key=lambda task: (-len(run.records(task)), task)):
        spec = run.any_record(task)["spec"]
        found.setdefault(json.dumps([spec["task"], other_settings(spec)], sort_keys=True), []).append(task)
    return list(found.values())


def other_settings(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a task's settings without its lengths, which are told in other words."""
    return {name: value for name, value in spec["task_settings"].items() if name not in LENGTHS}


def own_rows(run: Run) -> list[str]:
    """Return the tasks with a section of their own: not those whose few families are elsewhere with other lengths."""
    small = {task for _, *others in alike_but_for_lengths(run) for task in others if len(run.records(task)) <= FEW}
    return [task for task in run.strings if task not in small]


def telling_lengths(found: Sequence[Family]) -> list[int]:
    """Return the evaluated lengths at multiples of the longest training length, and the longest; all of a text's."""
    every = sorted({length for family in found for length in family.lengths})
    if "nats" in found[0].metrics:
        return every
    edge = found[0].row["edge"]
    wanted = [times * edge for times in MULTIPLES]
    nearest = [min(every, key=lambda length: abs(length - want)) for want in wanted]
    near = {length for length, want in zip(nearest, wanted, strict=True) if abs(length - want) <= NEAR * want}
    return sorted(near | {every[-1]})
