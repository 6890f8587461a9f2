"""The same task trained on shorter and on longer strings: its families' horizons by the longest training length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from bench.studies.extrapolation.charts import MOST_LINES, chart_styles, short_names
from bench.studies.extrapolation.families import Family, alike_but_for_lengths, families
from bench.views.charts.horizon import Horizons, horizon_panel
from bench.views.charts.material import Run
from bench.views.charts.panel import Drawing
from bench.views.numbers import estimate, markdown_table, reach

HEADING = "horizon against training length"
COLUMNS = ("edge", "l99", "l99_low", "l99_high", "longest")  # of the leaderboard, which the chart shows
Variations = dict[str, dict[str, list[Family]]]  # by task, by family: in order of the longest training length


def variations(run: Run) -> Variations:
    """Return of each task that was trained at several lengths the families that were, the farthest horizons first."""
    found: Variations = {}
    for tasks in sorted(alike_but_for_lengths(run)):
        by_model: dict[str, list[Family]] = {}
        for family in chain.from_iterable(families(run, task) for task in tasks):
            by_model.setdefault(family.model, []).append(family)
        several = {
            model: sorted(each, key=lambda family: family.row["edge"])
            for model, each in by_model.items()
            if len({family.row["edge"] for family in each}) > 1
        }
        if several:
            name = run.any_record(tasks[0])["spec"]["task"]
            ranked = sorted(several.items(), key=lambda item: (-sum(family.row["l99"] for family in item[1]), item[0]))
            found[tasks[0] if name in found else name] = dict(ranked)
    return found


def training_table(found: Mapping[str, Sequence[Family]]) -> str:
    """Return the horizons of a task's families, a column for each longest training length."""
    edges = sorted({family.row["edge"] for every in found.values() for family in every})
    lines = []
    for model, every in found.items():
        rows = [family.row for family in every]
        cells = {row["edge"]: reach(*estimate(row, "l99"), row["edge"], row["longest"]) for row in rows}
        lines.append([f"`{model}`", *(cells.get(each, "-") for each in edges)])
    return markdown_table(["family", *(f"up to {each:,}" for each in edges)], lines)


def training_drawing(run: Run, found: Variations) -> Drawing:
    """Return the picture, a chart a task."""
    records = {model: every[0].first for each in found.values() for model, every in each.items()}
    names, styles = short_names(records.values()), chart_styles(list(records), run.styles)
    panels = []
    for task, each in found.items():
        lines = []
        for model, every in list(each.items())[:MOST_LINES]:
            columns = ([family.row[name] for family in every] for name in COLUMNS)
            lines.append(Horizons(names[model], styles[model], *columns))
        panels.append(horizon_panel(task, lines))
    heading = f"{panels[0].title}: {HEADING}" if len(panels) == 1 else HEADING
    return Drawing("training", heading, panels, styles={names[model]: style for model, style in styles.items()})
