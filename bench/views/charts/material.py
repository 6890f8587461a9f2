"""What the page and the figures are made of: a run's records, the frames of its tables, a look a family."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from bench.analysis.summary import Pair
from bench.analysis.tables import by_length, group, leaderboard
from bench.records.store import Record, read_records
from bench.spec.errors import WorkError
from bench.views.charts.style import Look, looks_of
from bench.views.texts import is_text

STOP = "<stop>"  # what records call the symbol that ends a string


@dataclass(frozen=True)
class Run:
    """A run as it is shown; `problems` says which records were left out."""

    suite: str
    groups: dict[Pair, list[Record]]
    lengths: pd.DataFrame
    board: pd.DataFrame
    problems: list[str]
    looks: dict[str, Look]

    @property
    def tasks(self) -> list[str]:
        """Its tasks, in the leaderboard's order."""
        return list(dict.fromkeys(self.board["task"]))

    @property
    def strings(self) -> list[str]:
        """Its tasks with exact match: all but texts that are judged by their symbols."""
        return [task for task in self.tasks if not self.is_text(task)]

    @property
    def texts(self) -> list[str]:
        """Its texts that are judged by their symbols."""
        return [task for task in self.tasks if self.is_text(task)]

    def is_text(self, task: str) -> bool:
        """Whether a task is a text that is judged by its symbols."""
        return is_text(self.any_record(task))

    def records(self, task: str) -> dict[str, list[Record]]:
        """Return a task's records by family, the leaderboard's best first."""
        models = self.board.loc[self.board["task"] == task, "model"]
        return {model: self.groups[task, model] for model in models}

    def rows(self, task: str, model: str | None = None) -> pd.DataFrame:
        """Return the rows by length of a task, or of one of its families."""
        found = self.lengths[self.lengths["task"] == task]
        return found if model is None else found[found["model"] == model]

    def ranked(self, task: str) -> pd.DataFrame:
        """Return a task's leaderboard."""
        return self.board[self.board["task"] == task]

    def summary(self, task: str, model: str) -> dict[Any, Any]:
        """Return the leaderboard's row of a pair."""
        rows = self.ranked(task)
        (row,) = rows[rows["model"] == model].to_dict("records")
        return row

    def any_record(self, task: str) -> Record:
        """Return a record of a task, for what all of them share."""
        return next(iter(self.records(task).values()))[0]

    def trained_record(self, task: str) -> Record:
        """Return a record of a task that was trained step by step, if there is one."""
        return next((found[0] for found in self.records(task).values() if found[0]["steps"]), self.any_record(task))

    def looks_in(self, task: str) -> dict[str, Look]:
        """Return the looks of a task's families, in order of name."""
        return {model: look for model, look in self.looks.items() if (task, model) in self.groups}

    def has_stops(self, task: str) -> bool:
        """Whether a task's strings end in a stop symbol: one is seen at the end of a truth, or went wrong."""
        if self.is_text(task):
            return False
        samples = [sample for found in self.records(task).values() for record in found for sample in record["samples"]]
        return any(sample["truth"][-1:] == [STOP] for sample in samples) or bool(self.rows(task)["stopped_wrong"].any())


def read_run(out: Path, suite: str) -> Run:
    """Read a run's folder; one without records raises."""
    records, problems = read_records(out / "records")
    if not records:
        raise WorkError(f"no records in {str(out / 'records')!r}: run `python -m bench run` first")
    groups, mixed = group(records)
    looks = looks_of(model for _, model in groups)
    return Run(suite, groups, by_length(groups), leaderboard(groups), problems + mixed, looks)
