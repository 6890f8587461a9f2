"""Where a published number has its counterpart: records of a committed run."""

from __future__ import annotations

from collections.abc import Sequence

from bench.analysis.metrics import METRICS, Metric
from bench.records.store import Record
from bench.spec.errors import WorkError, choose_from
from bench.views.charts.material import Run


def metric_named(name: str) -> Metric:
    """Return a metric by the name that by_length.csv has for it; RequestError where there is none."""
    for metric in METRICS:
        if metric.name == name:
            return metric
    raise choose_from("metric", name, [metric.name for metric in METRICS])


def counterpart(run: Run, name: str, row: str, family: str) -> Sequence[Record]:
    """Return the records of a row and a family in the run of that name, a seed each; WorkError where it has none."""
    records = run.groups.get((row, family))
    if records is None:
        raise WorkError(f"no {family!r} on {row!r} in the run {name!r}")
    return records
