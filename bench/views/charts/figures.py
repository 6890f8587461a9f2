"""What is shown of every task, declared once: the sections of the page, and the figures beside it, as files."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.colors import to_hex

from bench.records.store import write_atomically
from bench.spec.errors import choose_from
from bench.views.charts.heat import heat_panel
from bench.views.charts.images import BATCH, PARTS, eos_panels, mask_panels, position_panels
from bench.views.charts.material import EXACT, NATS, NRMSE, Run, read_run
from bench.views.charts.panel import Drawing, Panel, escaped, write_drawings
from bench.views.charts.scores import cost_panels, curve_panels, learners, length_panels
from bench.views.charts.signals import signal_panels
from bench.views.charts.style import RIGHT_MAP, SeriesStyle, label

Styles = Mapping[str, SeriesStyle]


@dataclass(frozen=True)
class PageSection:
    """One kind of chart; its entry in sections.toml says what is written around it.

    panels: draws a task; styles: those that a legend explains; shown: whether a task has the section
    key: its colours as CSS backgrounds
    """

    name: str
    columns: int
    titles: Mapping[str, str]
    captions: Mapping[str, str]
    panels: Callable[[Run, str], list[Panel]]
    styles: Callable[[Run, str], Styles] = lambda run, task: {}
    shown: Callable[[Run, str], bool] = lambda run, task: True
    key: Sequence[tuple[str, str]] = ()
    file: str = ""
    width: str = ""
    beside: str = ""
    nothing: str = ""

    def metric(self, run: Run, task: str) -> str:
        """Return by which metric's titles and captions a task is shown."""
        return NATS if run.metric(task) == NATS else EXACT

    def suits(self, run: Run, task: str) -> bool:
        """Whether a task has such a section."""
        return self.metric(run, task) in self.titles and self.shown(run, task)

    def tasks(self, run: Run) -> list[str]:
        """Return the tasks that have such a section."""
        return [task for task in run.tasks if self.suits(run, task)]

    def drawing(self, run: Run, task: str, name: str) -> Drawing | None:
        """Draw a task as a figure of that name; None where there is nothing to be drawn."""
        metric, panels = self.metric(run, task), self.panels(run, task)
        if not panels:
            return None
        heading, caption = f"{label(task)}: {self.titles[metric]}", f"{task}. {self.captions[metric]}"
        return Drawing(name, heading, panels, self.columns, self.styles(run, task) or None, caption)

    def metrics(self, run: Run) -> list[str]:
        """Return the metrics by which its tasks are shown."""
        found = {self.metric(run, task) for task in self.tasks(run)}
        return [metric for metric in self.titles if metric in found]

    def title(self, run: Run) -> str:
        """Return its heading on a page."""
        said = ", ".join(dict.fromkeys(self.titles[metric] for metric in self.metrics(run)))
        return said[:1].upper() + said[1:]


WRONG = "always wrong (NRMSE 1 or more) to never wrong (NRMSE 0); crossed out: no number"
STRIPES = "repeating-linear-gradient(135deg, {} 0 3px, #fff 3px 5px)"  # where a chart is hatched
SCALE = f"linear-gradient(to right, {', '.join(to_hex(RIGHT_MAP(share / 8)) for share in range(9))})"
DRAWN: dict[str, dict[str, Any]] = {
    "lengths": {"panels": length_panels, "styles": Run.styles_in},
    "stops": {
        "panels": eos_panels,
        "shown": Run.has_eos,
        "key": [(name, STRIPES.format(colour) if hatch else colour) for name, (colour, hatch) in PARTS.items()],
    },
    "places": {"panels": position_panels, "key": [(WRONG, SCALE)]},
    "signals": {"panels": signal_panels, "shown": lambda run, task: run.metric(task) == NRMSE},
    "curves": {
        "panels": curve_panels,
        "styles": lambda run, task: {m: run.styles[m] for m in sorted(learners(run.records(task)))},
    },
    "costs": {"panels": cost_panels, "styles": Run.styles_in},
    "masks": {"panels": mask_panels, "key": list(BATCH.values())},
}
DECLARED = tomllib.loads(Path(__file__).with_name("sections.toml").read_text(encoding="utf-8"))
SECTIONS = [PageSection(**entry, **DRAWN[entry["name"]]) for entry in DECLARED["sections"]]
HEAT: dict[str, dict[str, str]] = DECLARED["heat"]  # by measure: its name, its heading and how it is read


def write_figures(out: Path, suite: str) -> list[Path]:
    """Write figures/ into a run's folder: SVG and PNG of the main charts, and captions.md; return the files."""
    found, folder = list(drawings(read_run(out, suite))), out / "figures"
    written = write_drawings(folder, found)
    captions = [f"## {one.name}\n\n![{one.alt_text}]({one.name}.png)\n\n{escaped(one.caption)}\n" for one in found]
    write_atomically(folder / "captions.md", "\n".join(["# Figures\n", *captions]))
    return [*written, folder / "captions.md"]


def drawings(run: Run) -> Iterator[Drawing]:
    """Return the figures of a run: the heat maps of the tasks with exact match, then those of each task."""
    for make in makers(run).values():
        if (drawing := make()) is not None:
            yield drawing


def drawing_named(run: Run, name: str) -> Drawing:
    """Draw one figure of a run; RequestError, with the names that there are, where it has none of that name."""
    found = makers(run)
    drawing = found[name]() if name in found else None
    if drawing is None:
        raise choose_from("figure", name, list(found))
    return drawing


def makers(run: Run) -> dict[str, Callable[[], Drawing | None]]:
    """Return what draws each figure of a run, by name; nothing is drawn yet."""
    found: dict[str, Callable[[], Drawing | None]] = {}
    for measure in HEAT if run.strings else ():
        found[f"heat-{measure}"] = partial(heat_map, run, measure)
    for task, called in file_names(run.tasks).items():
        for section in (section for section in SECTIONS if section.file and section.suits(run, task)):
            name = f"{section.file}-{called}"
            found[name] = partial(section.drawing, run, task, name)
    return found


def heat_map(run: Run, measure: str) -> Drawing:
    """Draw every task with every family by a measure of `HEAT`."""
    said = HEAT[measure]
    caption = f"Every task with every family. {said['caption']}"
    return Drawing(f"heat-{measure}", said["heading"], [heat_panel(run, measure, said["name"])], 1, caption=caption)


def file_names(tasks: list[str]) -> dict[str, str]:
    """Return for each task what its files are called by; names that would be alike get a hash behind."""
    plain = {task: re.sub(r"[^a-z0-9_]+", "-", task.lower()).strip("-")[:60] or "task" for task in tasks}
    shared = Counter(plain.values())
    digests = {task: hashlib.blake2b(task.encode(), digest_size=4).hexdigest() for task in tasks}
    return {task: name if shared[name] == 1 else f"{name}-{digests[task]}" for task, name in plain.items()}
