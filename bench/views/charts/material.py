"""What tables, page and figures are made of: a run's records and tables, a style a family."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from bench.analysis import metrics
from bench.analysis.beside import beside
from bench.analysis.frame import Groups, Pair, group
from bench.analysis.robust import robust
from bench.analysis.tables import tables
from bench.records.store import Record, collection_paused, read_records
from bench.spec.errors import WorkError
from bench.spec.home import no_records
from bench.suites.configured import name_of
from bench.suites.suites import columns_of

if TYPE_CHECKING:
    from bench.views.charts.style import SeriesStyle

EOS = "<stop>"  # what records call the token that ends a string
EXACT, NRMSE, NATS = metrics.EXACT.name, metrics.NRMSE.name, metrics.NATS.name
LENGTHS = {NRMSE: "horizon (steps)", "token_accuracy": "largest number of the text", NATS: "context (tokens)"}


def primary_metric(record: Record) -> str:
    """Return the metric that a record's charts are of: exact match, NRMSE, token accuracy or nats."""
    return metrics.by_context(record)[-1].name


def length_name(record: Record) -> str:
    """Say what a record's lengths are."""
    return LENGTHS.get(primary_metric(record), "length")


@dataclass(frozen=True)
class Run:
    """A run as it is shown; `problems` says which records were left out.

    own, others: where families of another run stand beside its own, which are its own, and the name of that run
    """

    suite: str
    groups: Groups
    lengths: pd.DataFrame
    board: pd.DataFrame
    problems: list[str]
    own: Sequence[str] = ()
    others: str = ""

    @cached_property
    def styles(self) -> dict[str, SeriesStyle]:
        """The style of each family, in order of name."""
        from bench.views.charts.style import styles_of  # tables need no matplotlib

        return styles_of(model for _, model in self.groups)

    @cached_property
    def robust(self) -> pd.DataFrame:
        """Its table of how many seeds hold how far."""
        return robust(self.groups)

    @cached_property
    def board_rows(self) -> dict[Pair, dict[Any, Any]]:
        """The leaderboard's row of each pair."""
        return by_pair(self.board)

    @cached_property
    def robust_rows(self) -> dict[Pair, dict[Any, Any]]:
        """The row of each pair that says how many seeds hold how far."""
        return by_pair(self.robust)

    @cached_property
    def tasks(self) -> list[str]:
        """Its tasks, in the leaderboard's order."""
        return list(dict.fromkeys(self.board["task"]))

    @cached_property
    def strings(self) -> list[str]:
        """Its tasks with exact match: all but language models."""
        return [task for task in self.tasks if self.metric(task) != NATS]

    @cached_property
    def texts(self) -> list[str]:
        """Its tasks that are evaluated in nats per token."""
        return [task for task in self.tasks if self.metric(task) == NATS]

    @cached_property
    def metrics(self) -> dict[str, str]:
        """Each task's primary metric."""
        return {task: primary_metric(self.any_record(task)) for task in self.tasks}

    @cached_property
    def records_by_task(self) -> dict[str, dict[str, list[Record]]]:
        """Each task's records by family, the leaderboard's best first."""
        found: dict[str, dict[str, list[Record]]] = {task: {} for task in self.tasks}
        for task, model in zip(self.board["task"], self.board["model"], strict=True):
            found[task][model] = self.groups[task, model]
        return found

    @cached_property
    def rows_by_task(self) -> dict[str, pd.DataFrame]:
        """The rows by length of each task."""
        return {str(task): rows for task, rows in self.lengths.groupby("task", sort=False)}

    @cached_property
    def board_by_task(self) -> dict[str, pd.DataFrame]:
        """Each task's leaderboard."""
        return {str(task): rows for task, rows in self.board.groupby("task", sort=False)}

    def metric(self, task: str) -> str:
        """Return a task's primary metric."""
        return self.metrics[task]

    def records(self, task: str) -> dict[str, list[Record]]:
        """Return a task's records by family, the leaderboard's best first."""
        return self.records_by_task[task]

    def rows(self, task: str, model: str | None = None) -> pd.DataFrame:
        """Return the rows by length of a task, or of one of its families."""
        found = self.rows_by_task[task]
        return found if model is None else found[found["model"] == model]

    def ranked(self, task: str) -> pd.DataFrame:
        """Return a task's leaderboard."""
        return self.board_by_task[task]

    def any_record(self, task: str) -> Record:
        """Return a record of a task, for what all of them share."""
        return next(iter(self.records(task).values()))[0]

    def styles_in(self, task: str) -> dict[str, SeriesStyle]:
        """Return the styles of a task's families, in order of name."""
        return {model: style for model, style in self.styles.items() if (task, model) in self.groups}

    def has_eos(self, task: str) -> bool:
        """Whether a task's strings end in an EOS token: one is seen at the end of a truth, or went wrong."""
        if self.metric(task) == NATS:
            return False
        samples = [sample for found in self.records(task).values() for record in found for sample in record["samples"]]
        return any(sample["truth"][-1:] == [EOS] for sample in samples) or bool(self.rows(task)["stopped_wrong"].any())


def by_pair(frame: pd.DataFrame) -> dict[Pair, dict[Any, Any]]:
    """Return the rows of a table by task and model."""
    return {(row["task"], row["model"]): row for row in frame.to_dict("records")}


@collection_paused()
def read_run(out: Path, suite: str = "") -> Run:
    """Read a run's folder, of a suite or of one named like the folder; one without records raises."""
    records, problems = read_records(out / "records")
    if not records:
        raise WorkError(no_records(out))
    return run_of(suite or out.name, records, problems)


@collection_paused()
def read_beside(out: Path, suite: str, reference: Path) -> Run:
    """Read a run with the families of a reference run beside its own, where it has any of its own."""
    run = read_run(out, suite)
    found = beside(run.groups, group(read_records(reference / "records")[0])[0], columns_of(run.suite))
    if not found.own:
        return run
    groups = found.groups | run.groups
    return Run(run.suite, groups, *tables(groups), run.problems + found.notes, found.own, reference.name)


def run_of(suite: str, records: list[Record], problems: list[str]) -> Run:
    """Gather records as they are shown; problems: what is known of others, which were left out."""
    groups, mixed = group(records)
    return Run(suite, groups, *tables(groups), problems + mixed)


def configured_records(records: Iterable[Record]) -> tuple[list[Record], list[str]]:
    """Return records, each task under the name that its content is configured by: old records have other names.

    Of two that then are the same the second is left out, and named.
    """
    kept: dict[tuple[str, str, int], Record] = {}
    problems = []
    for record in records:
        task = name_of(record["spec"]["task"], record["spec"]["task_settings"], record["task"])
        place = (task, record["model"], record["seed"])
        if place in kept:
            problems.append(
                f"{task} {record['model']} seed {record['seed']}: two records, under two names: one left out"
            )
        kept.setdefault(place, {**record, "task": task})
    return list(kept.values()), problems
