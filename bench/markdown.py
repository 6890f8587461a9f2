"""The leaderboard as a Markdown page: a table a task, then accuracy by length."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from bench.records import Record
from bench.settings import written

RULES = {
    "symbols": (
        "Stopping rule: training ends when {patience} looks in a row at 256 held-out strings of training lengths were "
        "all exact, else after the last step. How settings were chosen: bench/suites.py."
    ),
    "values": (
        "Stopping rule: the last step of the budget. How settings were chosen: bench/suites.py. Exact match is the "
        "share of sequences whose free-running error stays under the tolerance."
    ),
    "stream": (
        "Stopping rule: the last step of the budget. Settings were chosen on the text 9999 itself, so its figures are "
        "optimistic (bench/suites.py). A length is the largest number of a "
        "text; exact match counts numbers right in every word, token accuracy is next-word accuracy, both given the "
        "true text before. The text marked † is the training text itself."
    ),
}
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


def leaderboard_page(
    suite: str, groups: dict[tuple[str, str], list[Record]], lengths: pd.DataFrame, board: pd.DataFrame
) -> str:
    """Return the whole page."""
    parts = [f"# Leaderboard of suite `{suite}`\n", INTRODUCTION]
    for task in board["task"].unique():
        records = [record for (name, _), found in groups.items() if name == task for record in found]
        parts += [f"## {task}\n", describe(records), table(board[board["task"] == task], records[0])]
        parts += [lengths_heading(records[0]), lengths_table(lengths[lengths["task"] == task], records[0])]
    return "\n".join(parts)


INTRODUCTION = """Free-running exact match on held-out strings, in percent: mean over seeds, 95 % interval in brackets.
*inside* and *beyond* are means over the evaluated lengths inside training and past it, *shorter* over untrained lengths
below the longest trained one, each length alike. L99, L90 and L50 are the longest evaluated lengths up to which
accuracy stays at that level, from the shortest training length on, with the multiple of the longest training length;
`>=` marks that the longest evaluated length still holds, - that none does. *solved* counts seeds with 99 % or more
inside.
"""


def describe(records: list[Record]) -> str:
    """Say what the task's rows were trained and judged by."""
    first = records[0]
    patience = max(record["spec"]["patience"] for record in records)
    rule = RULES[first["kind"]].format(patience=patience)
    settings = first["spec"]["task_settings"]
    said = f"Settings: {', '.join(f'{k} = {written(v)}' for k, v in sorted(settings.items()))}. " if settings else ""
    return f"{said}Trained at lengths {written(first['train_lengths'])}. {rule}\n"


def table(board: pd.DataFrame, record: Record) -> str:
    """Return one task's leaderboard."""
    lines = [row_of(HEADER), row_of(["---"] + ["---:"] * (len(HEADER) - 1))]
    lines += [row_of(summary_cells(row, record)) for row in board.to_dict("records")]
    return "\n".join(lines) + "\n"


def summary_cells(row: dict[Any, Any], record: Record) -> list[str]:
    """Return the cells under HEADER of one row of the leaderboard; `record` is any of the row's."""
    longest_inside, longest = max(record["inside_lengths"]), max(map(int, record["by_length"]))
    return [
        f"{row['model']} (diverged: {row['diverged']})" if row["diverged"] else row["model"],
        share(row["inside"], row["inside_low"], row["inside_high"]),
        share(row["beyond"], row["beyond_low"], row["beyond_high"]),
        percent(row["shorter"]),
        *(reach(row[level], longest_inside, longest) for level in ("l99", "l90", "l50")),
        f"{round(row['solve_rate'] * row['seeds'])}/{row['seeds']}",
        f"{row['parameters']:,}",
        f"{row['steps']:,} / {row['budget']:,}" if row["steps"] else "fitted",
        f"{row['seconds']:.1f}",
    ]


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
    columns = sorted(map(int, record["by_length"]))
    heads = [f"**{n}**" if n in record["inside_lengths"] else str(n) for n in columns]
    heads = [f"{head}†" if str(n) in seen else head for head, n in zip(heads, columns, strict=True)]
    lines = [row_of(["model", *heads]), row_of(["---", *["---:"] * len(heads)])]
    for model, rows in lengths.groupby("model"):
        cells = rows.set_index("length").to_dict("index")
        lines.append(row_of([str(model), *(cell(cells[n], record["kind"]) for n in columns)]))
    return "\n".join(lines) + "\n"


def cell(row: dict[Any, Any], kind: str) -> str:
    """Return one cell of the table by length."""
    if kind == "values":
        return percent(row["nrmse"])
    if kind == "stream":
        return f"{percent(row['exact_match'])} / {percent(row['token_accuracy'])}"
    return percent(row["exact_match"])


def percent(value: float) -> str:
    """100.0, 99.6, 0.02; never rounded up to 100 nor down to 0."""
    if math.isinf(value):
        return "inf"
    if math.isnan(value):
        return "-"
    scaled = 100 * value
    if scaled > 1000:
        return f"{scaled:.1g}"
    if 99.95 <= scaled < 100:
        return ">99.9"
    return f"{scaled:.1f}" if scaled >= 0.05 or scaled == 0 else f"{scaled:.1g}"


def share(value: float, low: float, high: float) -> str:
    """A share with its interval."""
    return "-" if math.isnan(value) else f"{percent(value)} [{percent(low)}, {percent(high)}]"


def reach(length: int, longest_inside: int, longest: int) -> str:
    """A horizon with its multiple of the longest training length."""
    if not length:
        return "-"
    return f"{'>= ' if length == longest else ''}{length} ({length / longest_inside:.3g}x)"


def row_of(cells: list[str] | tuple[str, ...]) -> str:
    """One line of a Markdown table; a bar in a cell is escaped."""
    escaped = (text.replace("|", r"\|") for text in cells)
    return f"| {' | '.join(escaped)} |"
