"""The leaderboard as a Markdown page: the tables of each task, then families compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pandas as pd

from bench.analysis.frame import Groups
from bench.analysis.metrics import NATS, NRMSE, Metric, metrics_of, primary
from bench.analysis.ranking import comparable, comparisons, ranks
from bench.analysis.variance import PARTS, grids, split
from bench.records.store import Record
from bench.spec.settings import written
from bench.views.columns import SETS, Column, Row, as_markdown, costs, explained, headline
from bench.views.lengths import lengths_heading, lengths_table
from bench.views.numbers import markdown_table, percent, share
from bench.views.texts import INTRODUCTION as OF_TEXTS
from bench.views.texts import Models, describe, is_language_model, reference_lines, settings_said

INTRODUCTION = """Free-running exact match on held-out strings, in percent: mean over seeds, 95 % interval in brackets.
Means over lengths count each length alike. `>=` marks a horizon where the longest evaluated length still holds, - that
no length does. How settings were chosen: bench/suites/recipes.py.
"""
INTERVALS = """Intervals: of accuracies, on each side the wider of Wilson's on the pooled counts and the percentile
bootstrap over seeds; of horizons, areas, steps, seconds and speeds, that bootstrap; of seeds solved, Wilson's over the
seeds. No bracket stands where there is a single seed, where all seeds agree (horizons, steps), and at parameters, state
and budget, which no chance enters. Every bound is in leaderboard.csv and by_length.csv.
"""
PATIENT = (
    "training ends when {patience} validation points in a row, each at 256 held-out strings of training lengths, were "
    "all exact, else after the last step."
)
UNDER_TOLERANCE = " Exact match is the share of sequences whose free-running error stays under the tolerance."
OF_TASK = {
    "human_numbers": (
        " The settings of human_numbers were chosen on its text 9999 itself, so those figures are optimistic "
        "(bench/suites/recipes.py). A length is the largest number of a text; exact match counts numbers right in "
        "every word, token accuracy is next-word accuracy, both given the true text before; in the modes chunks and "
        "windows every word counts by itself. The text marked † is the training text itself."
    )
}
OF_NATS = " *nats* and *perplexity* are those of a word of the longest text, given the true text before."
OF_SETS = "Adversarial sets ({kinds}); the last column names the kind with the least right at length {longest}:\n"
LEFT_OUT = "Language-model results are not in these comparisons: they have no exact match of a string.\n"


def leaderboard_page(suite: str, groups: Groups, lengths: pd.DataFrame, board: pd.DataFrame) -> str:
    """Return the whole page."""
    texts = {pair: found for pair, found in groups.items() if is_language_model(found[0])}
    strings = {pair: found for pair, found in groups.items() if pair not in texts}
    parts = [f"# Leaderboard of suite `{suite}`\n"]
    if strings:
        layouts = [*headline("exact_match"), *costs(told(strings.values(), board))[1:]]
        parts.append(f"{INTRODUCTION}\n{explained(layouts)}\n{INTERVALS}")
    if texts:
        parts.append(f"{OF_TEXTS}\n{explained(headline('nats'))}")
    for name, rows in board.groupby("task"):
        models = {str(model): groups[str(name), str(model)] for model in rows["model"]}
        parts += [f"## {name}\n", *task_parts(rows, lengths[lengths["task"] == name], models)]
    compared = [*comparison_section(groups), *variance_section(groups)]
    return "\n".join([*parts, *compared, *([LEFT_OUT] if compared and texts else [])])


def told(groups: Iterable[list[Record]], board: pd.DataFrame) -> list[Metric]:
    """Return the metrics of some records, those alone that the leaderboard has a number of."""
    found = {metric.name: metric for records in groups for metric in metrics_of(records[0])}
    return [metric for name, metric in found.items() if name not in board or board[name].notna().any()]


def task_parts(board: pd.DataFrame, lengths: pd.DataFrame, models: Models) -> list[str]:
    """Return a task's part of the page."""
    record, rows = next(iter(models.values()))[0], board.to_dict("records")
    first = headline(primary(record).name)
    by_length = [lengths_heading(models), lengths_table(lengths, models)]
    if is_language_model(record):
        return [describe(models), as_markdown(first, rows, reference_lines(models, first)), *by_length]
    metrics = told(models.values(), board)
    tables = [as_markdown(first, rows), as_markdown(costs(metrics), rows)]
    return [described(models, metrics), *tables, *adversarial_parts(rows, lengths, models), *by_length]


def described(models: Models, metrics: list[Metric]) -> str:
    """Say what a task's models were trained and evaluated by."""
    records = [record for found in models.values() for record in found]
    spec, patience = records[0]["spec"], max(record["spec"]["patience"] for record in records)
    said = [settings_said(spec["task_settings"].items()), f"Trained at lengths {written(records[0]['train_lengths'])}."]
    rule = PATIENT.format(patience=patience) if patience else "the last step of the budget."
    notes = f"{UNDER_TOLERANCE * (NRMSE in metrics)}{OF_TASK.get(spec['task'], '')}{OF_NATS * (NATS in metrics)}"
    return f"{' '.join(filter(None, said))} Stopping rule: {rule}{notes}\n"


def adversarial_parts(rows: list[dict[Any, Any]], lengths: pd.DataFrame, models: Models) -> list[str]:
    """Return what the page says of a task's adversarial sets; nothing where no record has any."""
    known = lengths[lengths["adversarial"].notna()]
    if known.empty:
        return []
    longest = int(known["length"].max())
    sets = [record.get("adversarial", {}) for found in models.values() for record in found]
    kinds = sorted({kind for each in sets for found in each.values() for kind in found})
    at_end = {row["model"]: row for row in known[known["length"] == longest].to_dict("records")}

    def worst(row: Row, bounds: bool) -> str:
        found = at_end.get(row["model"])
        return f"{found['adversarial_worst']} {percent(found['adversarial_worst_match'])}" if found else "-"

    layout = [*SETS, Column("", f"worst kind at {longest}", write=worst)]
    return [OF_SETS.format(kinds=", ".join(kinds), longest=longest), explained(SETS[1:]), as_markdown(layout, rows)]


COMPARED = """## Families compared

By area over log length, each family at its suite's own settings. The rank is the mean over the tasks that all of these
families have (1 is best), its interval from seeds resampled within each task. Below it, how often the family of the row
beats that of the column on the same task and seed (a tie counts half), in percent. Two are *not significantly
different* where the interval of that probability, corrected for the number of comparisons, holds a half, or a sign test
does not reject one. Tasks are those of this suite; nothing is said of others.
"""


def comparison_section(groups: Groups) -> list[str]:
    """Return the parts of the page that compare families; none where fewer than two share their tasks."""
    areas = comparable(groups)
    if not areas:
        return []
    found: dict[tuple[str, str], str] = {}
    alike: dict[str, list[str]] = defaultdict(list)
    for pair in comparisons(areas):
        found[pair.one, pair.other] = share(pair.probability, pair.low, pair.high)
        found[pair.other, pair.one] = share(1 - pair.probability, 1 - pair.high, 1 - pair.low)
        if not pair.different:
            alike[pair.one].append(pair.other)
            alike[pair.other].append(pair.one)
    rows = ranks(areas).to_dict("records")
    ranked = [
        (
            row["model"],
            str(row["tasks"]),
            f"{row['rank']:.2f} [{row['low']:.2f}, {row['high']:.2f}]",
            ", ".join(sorted(alike[row["model"]])) or "-",
        )
        for row in rows
    ]
    order = [row["model"] for row in rows]
    chances = [[one, *(found.get((one, other), "-") for other in order)] for one in order]
    heads = ("model", "tasks", "mean rank", "not significantly different from")
    return [COMPARED, markdown_table(heads, ranked), markdown_table(("better than", *order), chances)]


SPREAD = """## Where the spread over seeds comes from

Every initial weight was trained on every data stream of a grid. Of the variance of the area over log length, the shares
in percent of the weights, of the data, and of what only both together explain (two-way random effects; intervals by a
parametric bootstrap, wide because grids are small). *spread* is the standard deviation of one run, in points.
"""


def variance_section(groups: Groups) -> list[str]:
    """Return the parts of the page that split the spread over seeds; none where no row names its data's seed."""
    lines = []
    for (task, model), grid in sorted(grids(groups).items()):
        one = split(grid)
        shares = [share(*ends) for ends in zip(one.shares, one.low, one.high, strict=True)]
        size = f"{one.grid[0]} x {one.grid[1]}"
        lines.append([task, model, size, f"{100 * one.mean:.1f}", f"{100 * one.deviation:.1f}", *shares])
    heads = ("task", "model", "grid", "mean area", "spread", *PARTS)
    return [SPREAD, markdown_table(heads, lines, names=2)] if lines else []
