"""The same task trained on shorter and on longer strings: its families' horizons by the longest training length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from bench.studies.extrapolation.charts import MOST_LINES
from bench.studies.extrapolation.families import Family, alike_but_for_lengths, families
from bench.studies.extrapolation.names import chart_styles, short_names
from bench.views.charts.horizon import Horizons, horizon_panel
from bench.views.charts.material import Run
from bench.views.charts.panel import Drawing
from bench.views.charts.style import SeriesStyle
from bench.views.numbers import estimate, markdown_table, reach

HEADING = "horizon against training length"
Variations = dict[str, dict[str, list[Family]]]  # by task, by family: in order of the longest training length


def variations(run: Run) -> Variations:
    """Return of each task that was trained at several lengths the families that were, the farthest horizons first."""
    found: Variations = {}
    for tasks in sorted(alike_but_for_lengths(run)):
        by_model: dict[str, list[Family]] = {}
        for family in chain.from_iterable(families(run, task) for task in tasks):
            by_model.setdefault(family.model, []).append(family)
        several = {
            model: sorted(each, key=lambda family: family.edge)
            for model, each in by_model.items()
            if len({family.edge for family in each}) > 1
        }
        if several:
            name = run.any_record(tasks[0])["spec"]["task"]
            ranked = sorted(several.items(), key=lambda item: (-sum(family.row["l99"] for family in item[1]), item[0]))
            found[tasks[0] if name in found else name] = dict(ranked)
    return found


def training_table(found: Mapping[str, Sequence[Family]]) -> str:
    """Return the horizons of a task's families, a column for each longest training length."""
    edges = sorted({family.edge for every in found.values() for family in every})
    lines = []
    for model, every in found.items():
        cells = {family.edge: reach(*estimate(family.row, "l99"), family.edge, family.longest) for family in every}
        lines.append([f"`{model}`", *(cells.get(each, "-") for each in edges)])
    return markdown_table(["family", *(f"up to {each:,}" for each in edges)], lines)


def training_drawing(run: Run, found: Variations) -> Drawing:
    """Return the picture, a chart a task."""
    records = {model: every[0].first for each in found.values() for model, every in each.items()}
    names, styles = short_names(records.values()), chart_styles(list(records), run.styles)
    panels = [
        horizon_panel(
            task,
            [horizons(names[model], styles[model], every) for model, every in list(each.items())[:MOST_LINES]],
        )
        for task, each in found.items()
    ]
    heading = f"{panels[0].title}: {HEADING}" if len(panels) == 1 else HEADING
    return Drawing("training", heading, panels, styles={names[model]: style for model, style in styles.items()})


def horizons(name: str, style: SeriesStyle, every: Sequence[Family]) -> Horizons:
    """Return one family's horizons as the chart wants them."""
    rows = [family.row for family in every]
    return Horizons(
        name,
        style,
        edges=[family.edge for family in every],
        reached=[row["l99"] for row in rows],
        low=[row["l99_low"] for row in rows],
        high=[row["l99_high"] for row in rows],
        longest=[family.longest for family in every],
    )
