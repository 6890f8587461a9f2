"""What a run says of each family on each row, as single numbers that mean something without its tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bench.analysis.frame import Pair
from bench.records.provenance import commit_date
from bench.records.schema import SCORED
from bench.records.store import Record
from bench.spec.settings import written
from bench.views.charts.material import Run


@dataclass(frozen=True)
class Metric:
    """A number of the tables.

    column: of leaderboard.csv or robust.csv; name: as collections are told it; most: None where it is unbounded
    """

    column: str
    name: str
    kind: str
    unit: str
    said: str
    most: float | None = 1.0
    lower_is_better: bool = False


INSIDE = Metric(
    "inside",
    "exact_match_in_distribution",
    "accuracy",
    "proportion",
    "share of held-out strings of training lengths answered right to the last symbol, the stop included",
)
BEYOND = Metric(
    "beyond",
    "exact_match_extrapolation",
    "accuracy",
    "proportion",
    "exact match of whole strings past the longest training length, the mean over the evaluated lengths there",
)
HORIZON = Metric(
    "median_ratio",
    "robust_horizon",
    "length ratio",
    "multiples of the longest training length",
    "longest evaluated length up to which the median seed answers 99 % of the strings right",
    most=None,
)
NATS = Metric(
    "nats",
    "cross_entropy",
    "loss",
    "nats per token",
    "mean cross-entropy of a token of the held-out text, read once with the state carried",
    most=None,
    lower_is_better=True,
)
METRICS = (INSIDE, BEYOND, HORIZON, NATS)


@dataclass(frozen=True)
class Score:
    """One number of a (row, family): its 95 % interval (NaN where there is none), seeds, what else should be known.

    longest: the longest evaluated length as a multiple of the longest training length, which a horizon cannot pass
    """

    row: str
    metric: Metric
    value: float
    low: float
    high: float
    seeds: int
    longest: float
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def most(self) -> float | None:
        """The largest value that the metric can have here; None where there is none."""
        return self.longest if self.metric is HORIZON else self.metric.most


@dataclass(frozen=True)
class Scores:
    """All numbers of a family (a column of the tables) in a run.

    date: of the newest commit that trained it, in ISO 8601; "" outside a checkout; elsewhere: another program's answers
    """

    model: str
    family: str
    date: str
    elsewhere: bool
    scores: tuple[Score, ...]


def scores_of(run: Run) -> Iterator[Scores]:
    """Yield the numbers of each family, by name."""
    for model in sorted({model for _, model in run.groups}):
        pairs = [pair for pair in run.groups if pair[1] == model]
        records = [record for pair in pairs for record in run.groups[pair]]
        found = [score for pair in pairs for score in of_pair(pair, run)]
        yield Scores(model, records[0]["spec"]["model"], newest(records), is_elsewhere(records), tuple(found))


def of_pair(pair: Pair, run: Run) -> Iterator[Score]:
    """Yield the numbers of a (row, family) that were measured."""
    records, row = run.groups[pair], run.board_rows[pair] | run.robust_rows.get(pair, {})
    edge = max(records[0]["inside_lengths"])
    longest = max(map(int, records[0]["by_length"])) / edge
    for metric in METRICS:
        value = row.get(metric.column, math.nan)
        if not math.isnan(value):
            low, high = (row.get(f"{metric.column}_{end}", math.nan) for end in ("low", "high"))
            yield Score(pair[0], metric, value, low, high, len(records), longest, about(records[0]))


def about(record: Record) -> dict[str, str]:
    """Return what was measured: task, version, hash of the held-out sets, lengths; the model's size and steps."""
    lengths = {"train_lengths": record["train_lengths"], "evaluated_lengths": map(int, record["by_length"])}
    return {
        "task": record["spec"]["task"],
        "task_version": str(record["task_version"]),
        "evaluation_hash": record["evaluation_hash"],
        **{name: written(tuple(sorted({*each}))) for name, each in lengths.items()},
        "parameters": str(record["parameters"]),
        "training_steps": str(record["steps"]),
    }


def newest(records: list[Record]) -> str:
    """Return the date of the newest commit that made some records."""
    return max(commit_date(record["commit"] or "") if record["commit"] else "" for record in records)


def is_elsewhere(records: list[Record]) -> bool:
    """Whether another program made the answers."""
    return all(record["status"] == SCORED for record in records)
