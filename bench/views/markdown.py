"""The leaderboard as a Markdown page: a table a task, then accuracy by length."""

from __future__ import annotations

from typing import Any

import pandas as pd

from bench.analysis.ranking import comparison_section
from bench.analysis.variance import variance_section
from bench.records.store import Record
from bench.spec.settings import written
from bench.views.adversarial_table import adversarial_parts
from bench.views.numbers import (
    amount,
    budgeted,
    estimate,
    heading_rows,
    measured,
    named,
    percent,
    perplexity,
    reach,
    row_of,
    share,
)
from bench.views.texts import INTRODUCTION as TEXTS
from bench.views.texts import is_text, text_parts

RULES = {
    "symbols": (
        "Stopping rule: training ends when {patience} looks in a row at 256 held-out strings of training lengths were "
        "all exact, else after the last step. How settings were chosen: bench/suites/recipes.py."
    ),
    "values": (
        "Stopping rule: the last step of the budget. How settings were chosen: bench/suites/recipes.py. Exact match is "
        "the share of sequences whose free-running error stays under the tolerance."
    ),
    "stream": (
        "Stopping rule: the last step of the budget. The settings of human_numbers were chosen on its text 9999 "
        "itself, so those figures are optimistic (bench/suites/recipes.py). A length is the largest number of a "
        "text; exact match counts numbers right in every word, token accuracy is next-word accuracy, both given the "
        "true text before; in the modes chunks and windows every word counts by itself. The text marked † is the "
        "training text itself."
    ),
}
FORESEEN = (
    " *nats* is the mean cross-entropy of a word of the longest text, in nats, and *perplexity* its exponential, both "
    "given the true text before."
)
HEADER = (
    "model",
    "inside",
    "beyond",
    "shorter",
    "L99",
    "L90",
    "L50",
    "solved",
    "parameters",
    "steps / budget",
    "seconds",
)
COSTS = (
    "model",
    "area",
    "solved at 2x",
    "stopped wrong",
    "content wrong",
    "steps to 99 %",
    "seconds to 99 %",
    "symbols a second",
    "state",
)


def leaderboard_page(
    suite: str, groups: dict[tuple[str, str], list[Record]], lengths: pd.DataFrame, board: pd.DataFrame
) -> str:
    """Return the whole page."""
    strings = {pair: found for pair, found in groups.items() if not is_text(found[0])}
    parts = [f"# Leaderboard of suite `{suite}`\n"]
    parts += [INTRODUCTION] if strings else []
    parts += [TEXTS] if len(strings) < len(groups) else []
    for name, rows in board.groupby("task"):
        models = {str(model): groups[str(name), str(model)] for model in rows["model"]}
        found = lengths[lengths["task"] == name]
        parts.append(f"## {name}\n")
        parts += text_parts(rows, found, models) if is_text(first_of(models)) else string_parts(rows, found, models)
    compared = [*comparison_section(strings), *variance_section(strings)]
    if compared and len(strings) < len(groups):
        compared.append(LEFT_OUT)
    return "\n".join([*parts, *compared])


def first_of(models: dict[str, list[Record]]) -> Record:
    """Return a record of a task, for what all of them share."""
    return next(iter(models.values()))[0]


def string_parts(rows: pd.DataFrame, lengths: pd.DataFrame, models: dict[str, list[Record]]) -> list[str]:
    """Return the part of the page of a task with exact match."""
    records = [record for model in sorted(models) for record in models[model]]
    first = records[0]
    parts = [describe(records), table(rows, first), costs_table(rows, first)]
    parts += adversarial_parts(rows, lengths, next((record for record in records if record.get("adversarial")), first))
    return [*parts, lengths_heading(first), lengths_table(lengths, first)]


LEFT_OUT = """Texts that are judged by their symbols are not in these comparisons: they have no exact match of a string.
"""
INTRODUCTION = """Free-running exact match on held-out strings, in percent: mean over seeds, 95 % interval in brackets.
*inside* and *beyond* are means over the evaluated lengths inside training and past it, *shorter* over untrained lengths
below the longest trained one, each length alike. L99, L90 and L50 are the longest evaluated lengths up to which
accuracy stays at that level, from the shortest training length on, with the multiple of the longest training length;
`>=` marks that the longest evaluated length still holds, - that none does. *solved* counts seeds with 99 % or more
inside, *solved at 2x* those at the evaluated length nearest to twice the longest training length. *area* is the mean
over log length. *stopped wrong* are strings past training that are right once the true length is forced, *content
wrong* all others that are wrong. *steps* and *seconds to 99 %* say when held-out strings of training lengths first were
right that often, where every seed came there. *state* counts the numbers a decoder carries from step to step at the
longest training length.

Intervals: of accuracies, on each side the wider of Wilson's on the pooled counts and the percentile bootstrap over
seeds; of horizons, areas, steps, seconds and speeds, that bootstrap; of seeds solved, Wilson's over the seeds. No
bracket stands where there is a single seed, where all seeds agree (horizons, steps), and at parameters, state and
budget, which no chance enters. Every bound is in leaderboard.csv and by_length.csv.
"""


def describe(records: list[Record]) -> str:
    """Say what the task's rows were trained and judged by."""
    first = records[0]
    patience = max(record["spec"]["patience"] for record in records)
    rule = RULES[first["kind"]].format(patience=patience)
    settings = first["spec"]["task_settings"]
    said = f"Settings: {', '.join(f'{k} = {written(v)}' for k, v in sorted(settings.items()))}. " if settings else ""
    foreseen = FORESEEN if first["kind"] == "stream" and nats_known(records) else ""
    return f"{said}Trained at lengths {written(first['train_lengths'])}. {rule}{foreseen}\n"


def nats_known(records: list[Record]) -> bool:
    """Whether any score of some records says its nats."""
    return any(score.get("nats") is not None for record in records for score in record["by_length"].values())


def table(board: pd.DataFrame, record: Record) -> str:
    """Return one task's leaderboard."""
    rows = [row_of(summary_cells(row, record)) for row in board.to_dict("records")]
    return "\n".join([*heading_rows(HEADER), *rows]) + "\n"


def summary_cells(row: dict[Any, Any], record: Record) -> list[str]:
    """Return the cells under HEADER of one row of the leaderboard; `record` is any of the row's."""
    longest_inside, longest = max(record["inside_lengths"]), max(map(int, record["by_length"]))
    solved = f"{round(row['solve_rate'] * row['seeds'])}/{row['seeds']}"
    return [
        named(row),
        *(share(*estimate(row, name)) for name in ("inside", "beyond", "shorter")),
        *(reach(*estimate(row, level), longest_inside, longest) for level in ("l99", "l90", "l50")),
        f"{solved} [{percent(row['solve_rate_low'])}, {percent(row['solve_rate_high'])}]",
        f"{row['parameters']:,}",
        budgeted(row),
        amount(*estimate(row, "seconds")),
    ]


def costs_table(board: pd.DataFrame, record: Record) -> str:
    """Return one task's second table: area, how answers are wrong, what it cost to get there."""
    foreseen = record["kind"] == "stream" and bool(board["nats"].notna().any())
    lines = heading_rows((*COSTS, "nats", "perplexity") if foreseen else COSTS)
    stops = record["kind"] == "symbols"
    for row in board.to_dict("records"):
        cells = [str(row["model"]), *(share(*estimate(row, name)) for name in ("area", "solve_rate_2x"))]
        cells += [share(*estimate(row, name)) if stops else "-" for name in ("stopped_wrong", "content_wrong")]
        cells += [amount(*estimate(row, "steps_to_99"), digits=0), amount(*estimate(row, "seconds_to_99"))]
        cells += [amount(*estimate(row, "tokens_per_second"), digits=0), f"{row['state']:,}"]
        cells += [measured(*estimate(row, "nats")), perplexity(row["perplexity"])] if foreseen else []
        lines.append(row_of(cells))
    return "\n".join(lines) + "\n"


def lengths_heading(record: Record) -> str:
    """Say what the table by length shows."""
    if record["kind"] == "values":
        return "Free-running NRMSE in percent by horizon (training horizons in bold):\n"
    if record["kind"] == "stream":
        return "Exact match / token accuracy in percent by text:\n"
    return "Exact match in percent by length (training lengths in bold; † marks lengths with no string held out):\n"


def lengths_table(lengths: pd.DataFrame, record: Record) -> str:
    """Return one task's accuracy by length: a row a model, a column a length."""
    seen = {str(length) for length, score in record["by_length"].items() if not score["unseen"]}
    columns = sorted(set(lengths["length"]))
    heads = [f"**{n}**" if n in record["inside_lengths"] else str(n) for n in columns]
    heads = [f"{head}†" if str(n) in seen else head for head, n in zip(heads, columns, strict=True)]
    cells: dict[str, dict[int, str]] = {}
    for row in lengths.to_dict("records"):
        cells.setdefault(str(row["model"]), {})[row["length"]] = cell(row, record["kind"])
    rows = [row_of([model, *(found.get(n, "-") for n in columns)]) for model, found in cells.items()]
    return "\n".join([*heading_rows(("model", *heads)), *rows]) + "\n"


def cell(row: dict[Any, Any], kind: str) -> str:
    """Return one cell of the table by length."""
    if kind == "values":
        return percent(row["nrmse"])
    if kind == "stream":
        return f"{percent(row['exact_match'])} / {percent(row['token_accuracy'])}"
    return percent(row["exact_match"])
