"""Goals beyond what is published: what every seed is to do, and how near the best family of a committed run comes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.analysis.robust import Curves, best_first, random_curves, robust, solves, worst_curves
from bench.records.store import Record
from bench.spec.errors import WorkError
from bench.views.charts.material import Run
from bench.views.numbers import markdown_table
from bench.views.readme import Asked

FILE = Path(__file__).with_name("goals.toml")
HEADINGS = (
    *("goal", "published", "row", "family", "right at", "random", "worst set"),
    *("median horizon", "worst horizon", "seconds", "verdict"),
)
NAMES = 4  # columns of words, the first ones


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What every seed of the best family of a row is to do.

    says: in words; published: the best that papers print, with the source; run, row: where it is looked for, "" where
    no run has such a row; length: at which 99 % are to be right, on random strings and on the worst adversarial set;
    seeds: how many are to be shown at least; tried: what was done where it is not reached
    """

    says: str
    published: str
    length: int
    tried: str = ""
    run: str = ""
    row: str = ""
    seeds: int = 5

    def cells(self, found: Mapping[Any, Any], records: Sequence[Record]) -> list[str]:
        """Return its line of the table: found: the best family's row of robust.csv."""
        random, worst = random_curves(records), worst_curves(records)
        counts = [solved(random, self.length), solved(worst, self.length) if worst else None]
        reached = len(records) >= self.seeds and all(count == len(records) for count in counts if count is not None)
        return [
            *(self.says, self.published, self.row, f"`{found['model']}`", f"{self.length:,}"),
            *("-" if count is None else f"{count}/{len(records)}" for count in counts),
            *(f"{found[f'{name}_horizon']:,.0f}" for name in ("median", "worst")),
            *(f"{found['seconds']:,.0f}", "reached" if reached else "short"),
        ]

    def line(self, run: Run | None) -> list[str]:
        """Return its line of the table by a run, or the one that says that none has its row."""
        if run is None:
            return [self.says, self.published, *["-"] * (len(HEADINGS) - 3), "not run"]
        groups = {pair: records for pair, records in run.groups.items() if pair[0] == self.row}
        if not groups:
            raise WorkError(f"no row {self.row!r} in the run {self.run!r}")
        best = best_first(robust(groups)).iloc[0].to_dict()
        return self.cells(best, groups[self.row, best["model"]])


def solved(curves: Curves, length: int) -> int:
    """Count the seeds that solve a length; one at which a seed was not judged is not solved."""
    if length not in curves.lengths:
        return 0
    return int(np.sum([solves(share) for share in curves.accuracy[:, curves.lengths.index(length)]]))


def every_goal(file: Path = FILE) -> list[Goal]:
    """Return the goals in the order of their file."""
    return [Goal(**entry) for entry in tomllib.loads(file.read_text(encoding="utf-8"))["goals"]]


def goals(asked: Asked) -> str:
    """Return how many goals are reached, the table, and what was tried for those that are not."""
    found = every_goal()
    lines = [goal.line(asked.read(asked.root / asked.folder / goal.run) if goal.run else None) for goal in found]
    short = [goal for goal, line in zip(found, lines, strict=True) if line[-1] != "reached"]
    tried = [f"- {goal.says}: {goal.tried}" for goal in short if goal.tried]
    return "\n".join(
        [
            f"{len(found) - len(short)} of {len(found)} reached.\n",
            markdown_table(HEADINGS, lines, NAMES),
            "What was tried for the others:\n",
            *tried,
            "",
        ]
    )
