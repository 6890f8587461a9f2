"""The page's pictures as files, PNG, the same bytes from the same records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.records.store import write_atomically
from bench.studies.extrapolation.charts import MOST_LINES, length_panels, text_looks
from bench.studies.extrapolation.families import Family
from bench.studies.extrapolation.looks import chart_looks, short_names
from bench.studies.extrapolation.memory import Memory, memory_panels
from bench.studies.extrapolation.training import Variations, training_panel
from bench.views.charts.figures import plain
from bench.views.charts.material import Run
from bench.views.charts.panel import Panel, png_of, together
from bench.views.charts.style import Look, styled

COLUMNS = 2
HEADINGS = {"symbols": "exact match by length", "values": "error by horizon", "stream": "words foreseen"}


@dataclass(frozen=True)
class Picture:
    """A figure to be: its file's name without ending, its heading, its panels, the looks that its legend explains."""

    name: str
    heading: str
    panels: list[Panel]
    looks: Mapping[str, Look] | None = None

    @property
    def seen(self) -> str:
        """What is to be seen, in words, as Markdown."""
        return plain(" ".join(f"{panel.title}: {panel.description}".removeprefix(": ") for panel in self.panels))


def shown_families(found: Sequence[Family]) -> list[Family]:
    """Return the families that a chart has room for, those with the largest area, in the order given."""
    best = sorted(found, key=lambda family: (-family.row["area"], family.model))[:MOST_LINES]
    return [family for family in found if family in best]


def task_picture(run: Run, task: str, found: Sequence[Family], name: str) -> Picture:
    """Return the picture of a task."""
    shown = shown_families(found)
    models = [family.model for family in shown]
    names, looks = short_names(models), chart_looks(models, run.looks)
    by_name = {names[family.model]: family for family in shown}
    named_looks = {names[model]: look for model, look in looks.items()}
    panels = length_panels(by_name, named_looks)
    if found[0].records[0]["kind"] == "stream":  # its colours are texts, its families stand beside the axis
        named_looks = {shown: look for shown, (_, look) in text_looks(by_name).items()}
    return Picture(f"length-{name}", f"{task}: {HEADINGS[found[0].records[0]['kind']]}", panels, named_looks)


def training_picture(run: Run, found: Variations) -> Picture:
    """Return the picture of horizons against training lengths, a chart a row."""
    models = list(dict.fromkeys(model for every in found.values() for model in every))
    names, looks = short_names(models), chart_looks(models, run.looks)
    named_looks = {names[model]: look for model, look in looks.items()}
    panels = [
        training_panel(base, {names[model]: each for model, each in every.items()}, named_looks)
        for base, every in found.items()
    ]
    heading = "horizon against training length"
    return Picture("training", f"{panels[0].title}: {heading}" if len(panels) == 1 else heading, panels, named_looks)


def memory_picture(memory: Memory, name: str) -> Picture:
    """Return the picture of a family's memory on a task."""
    return Picture(f"memory-{name}", f"{memory.model} on {memory.task}", memory_panels(memory))


@styled()
def write_pictures(folder: Path, pictures: Sequence[Picture]) -> None:
    """Write the pictures into a folder of their own; others that lie there are of another run and removed."""
    written = {folder / f"{picture.name}.png" for picture in pictures}
    for picture in pictures:
        columns = min(COLUMNS, len(picture.panels))
        figure = together(picture.heading, picture.panels, columns, picture.looks)
        write_atomically(folder / f"{picture.name}.png", png_of(figure))
    for path in set(folder.glob("*.png")) - written:
        path.unlink()
