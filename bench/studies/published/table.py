"""The table of published figures, each beside what a committed run gives on the same data."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.analysis.metrics import Metric
from bench.analysis.parts import by_length
from bench.analysis.statistics import Floats
from bench.studies.published.counterpart import counterpart, metric_named
from bench.views.charts.material import Run
from bench.views.numbers import markdown_table, measured, percent
from bench.views.readme import Asked

FILE = Path(__file__).with_name("figures.toml")
HEADINGS = ("source", "model", "published", "here", "seeds", "shortfall", "row", "family")


@dataclass(frozen=True)
class Figure:
    """A published figure, and where a committed run has its counterpart; see figures.toml."""

    source: str
    model: str
    value: float
    metric: str
    run: str
    row: str
    family: str
    text: int | None = None

    @property
    def measure(self) -> Metric:
        """Its metric."""
        return metric_named(self.metric)

    def seeds(self, run: Run) -> Floats:
        """Return what each seed of the counterpart gives (seeds,)."""
        records = counterpart(run, self.run, self.row, self.family)
        text = self.text or max(map(int, records[0]["by_length"]))
        return by_length(self.measure, records, [text])[:, 0]

    def cells(self, found: Floats) -> list[str]:
        """Return its line of the table, by what each seed of the counterpart gives (seeds,)."""
        write, mean = percent if self.measure.unit == "%" else measured, float(found.mean())
        spread = f" [{write(float(found.min()))}, {write(float(found.max()))}]" if len(found) > 1 else ""
        short = self.value - mean if self.measure.higher_is_better else mean - self.value
        cells = [self.source, self.model, write(self.value), f"{write(mean)}{spread}", str(len(found))]
        return [*cells, write(short) if short > 0 else "none", self.row, f"`{self.family}`"]


def figures() -> Iterator[Figure]:
    """Yield the published figures in the order of their file."""
    for entry in tomllib.loads(FILE.read_text(encoding="utf-8"))["figures"]:
        yield Figure(**entry)


def published(asked: Asked) -> str:
    """Return the table; the folder that is asked for holds the runs."""
    lines = [figure.cells(figure.seeds(asked.read(asked.root / asked.folder / figure.run))) for figure in figures()]
    return markdown_table(HEADINGS, lines, names=2)
