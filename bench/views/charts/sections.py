"""What is shown of every task, declared once: the sections of the page and the figures beside it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.colors import to_hex

from bench.views.charts.cost import cost_panels
from bench.views.charts.curves import curve_panels, learners
from bench.views.charts.errors import PARTS, eos_panels, position_panels
from bench.views.charts.lengths import length_panels
from bench.views.charts.mask import PARTS as MASKED
from bench.views.charts.mask import mask_panels
from bench.views.charts.material import EXACT, NATS, NRMSE, Run
from bench.views.charts.panel import Panel
from bench.views.charts.signals import signal_panels
from bench.views.charts.style import SeriesStyle, right_map

Styles = Mapping[str, SeriesStyle]


@dataclass(frozen=True)
class Drawn:
    """How a section's charts are drawn: the panels of a task, and what belongs to them.

    styles: those that a legend explains; shown: whether a task has the section; key: its colours as CSS backgrounds
    """

    panels: Callable[[Run, str], list[Panel]]
    styles: Callable[[Run, str], Styles] = lambda run, task: {}
    shown: Callable[[Run, str], bool] = lambda run, task: True
    key: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class PageSection:
    """One kind of chart; its entry in sections.toml says what is written around it."""

    name: str
    columns: int
    titles: Mapping[str, str]
    captions: Mapping[str, str]
    drawn: Drawn
    file: str = ""
    width: str = ""
    beside: str = ""
    nothing: str = ""

    def metric(self, run: Run, task: str) -> str:
        """Return by which metric's titles and captions a task is shown."""
        return NATS if run.metric(task) == NATS else EXACT

    def tasks(self, run: Run) -> list[str]:
        """Return the tasks that have such a section."""
        return [task for task in run.tasks if self.metric(run, task) in self.titles and self.drawn.shown(run, task)]

    def metrics(self, run: Run) -> list[str]:
        """Return the metrics by which its tasks are shown."""
        found = {self.metric(run, task) for task in self.tasks(run)}
        return [metric for metric in self.titles if metric in found]

    def title(self, run: Run) -> str:
        """Return its heading on a page."""
        said = ", ".join(dict.fromkeys(self.titles[metric] for metric in self.metrics(run)))
        return said[:1].upper() + said[1:]


def learner_styles(run: Run, task: str) -> Styles:
    """Return the styles of the families that were trained step by step."""
    return {model: run.styles[model] for model in sorted(learners(run.records(task)))}


def stripes(colour: str, hatch: str) -> str:
    """Return a CSS background that is hatched where a chart's is."""
    return f"repeating-linear-gradient(135deg, {colour} 0 3px, #fff 3px 5px)" if hatch else colour


def scale() -> str:
    """Return the colours from always wrong to never wrong as a CSS background."""
    return f"linear-gradient(to right, {', '.join(to_hex(right_map()(share / 8)) for share in range(9))})"


WRONG = "always wrong (NRMSE 1 or more) to never wrong (NRMSE 0); crossed out: no number"
DRAWN = {
    "lengths": Drawn(length_panels, Run.styles_in),
    "stops": Drawn(eos_panels, shown=Run.has_eos, key=[(name, stripes(*each)) for name, each in PARTS.items()]),
    "places": Drawn(position_panels, key=[(WRONG, scale())]),
    "signals": Drawn(signal_panels, shown=lambda run, task: run.metric(task) == NRMSE),
    "curves": Drawn(curve_panels, learner_styles),
    "costs": Drawn(cost_panels, Run.styles_in),
    "masks": Drawn(mask_panels, key=list(MASKED.values())),
}
ENTRIES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["sections"]
SECTIONS = [PageSection(**entry, drawn=DRAWN[entry["name"]]) for entry in ENTRIES]
