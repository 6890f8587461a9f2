"""The tables of a run, made of its records: three CSV files, and a page whose words are in leaderboard.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from bench.analysis.frame import Groups
from bench.analysis.metrics import EXACT, Metric, by_context, metrics_of, primary
from bench.analysis.ranking import comparable, comparisons, ranks
from bench.analysis.variance import PARTS, grids, split
from bench.records.store import collection_paused, write_atomically
from bench.spec.settings import written
from bench.views import columns
from bench.views.charts.material import NATS, Run, read_run
from bench.views.columns import SETS, Column, Row, as_markdown, costs, headline
from bench.views.numbers import markdown_table, percent, share
from bench.views.texts import CALLED, TEMPLATES, Models, describe, reference_rows, settings_said, whole_of, windows_of


@collection_paused()
def write_tables(out: Path, suite: str) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Rebuild the CSV files and leaderboard.md from records -> by_length, leaderboard as frames, notes on problems."""
    run = read_run(out, suite)
    write_atomically(out / "by_length.csv", as_csv(run.lengths, columns.BY_LENGTH))
    write_atomically(out / "leaderboard.csv", as_csv(run.board, columns.LEADERBOARD))
    write_atomically(out / "robust.csv", as_csv(run.robust, run.robust.columns.tolist()))
    write_atomically(out / "leaderboard.md", leaderboard_page(run))
    return run.lengths, run.board, run.problems


def as_csv(frame: pd.DataFrame, order: list[str]) -> str:
    """Write a table's columns, numbers with six digits."""
    return frame.to_csv(columns=columns.csv_names(order, frame), index=False, float_format="%.6g")


def leaderboard_page(run: Run) -> str:
    """Return the whole page."""
    metrics = told([run.groups[pair] for pair in run.groups if pair[0] in run.strings], run.board)
    page = TEMPLATES.get_template("leaderboard.md").render(
        run=run,
        explained=columns.explained,
        headline=headline,
        shown=[*headline("exact_match"), *costs(metrics)[1:]],
        sets=SETS[1:],
        tasks=[task_part(run, task) for task in run.tasks],
        **compared(run.groups),
    )
    return page.rstrip("\n") + "\n"


def told(groups: Iterable[list[Any]], board: pd.DataFrame) -> list[Metric]:
    """Return the metrics of some records, those alone that the leaderboard has a number of."""
    found = {metric.name: metric for records in groups for metric in metrics_of(records[0])}
    return [metric for name, metric in found.items() if name not in board or board[name].notna().any()]


def task_part(run: Run, task: str) -> dict[str, Any]:
    """Return what the page says of a task."""
    models, lengths, board = run.records(task), run.rows(task), run.ranked(task)
    records, rows = [record for found in models.values() for record in found], board.to_dict("records")
    first, spec = headline(primary(records[0]).name), records[0]["spec"]
    part = {
        "name": task,
        "heading": lengths_heading(models),
        "lengths": lengths_table(lengths, models),
        "adversarial": "",
    }
    if run.metric(task) == NATS:
        return part | {"text": describe(models), "tables": [as_markdown(first, rows + reference_rows(models, CALLED))]}
    metrics = told(models.values(), board)
    return part | {
        "text": "",
        "task": spec["task"],
        "settings": settings_said(spec["task_settings"].items()),
        "trained": written(records[0]["train_lengths"]),
        "patience": max(record["spec"]["patience"] for record in records),
        "metrics": [metric.name for metric in metrics],
        "tables": [as_markdown(first, rows), as_markdown(costs(metrics), rows)],
        **adversarial_part(rows, lengths, models),
    }


def adversarial_part(rows: list[dict[Any, Any]], lengths: pd.DataFrame, models: Models) -> dict[str, Any]:
    """Return what the page says of a task's adversarial sets; nothing where no record has any."""
    known = lengths[lengths["adversarial"].notna()]
    if known.empty:
        return {}
    longest = int(known["length"].max())
    sets = [record.get("adversarial", {}) for found in models.values() for record in found]
    kinds = sorted({kind for each in sets for found in each.values() for kind in found})
    at_end = {row["model"]: row for row in known[known["length"] == longest].to_dict("records")}

    def worst(row: Row, bounds: bool) -> str:
        found = at_end.get(row["model"])
        return f"{found['adversarial_worst']} {percent(found['adversarial_worst_match'])}" if found else "-"

    table = as_markdown([*SETS, Column("", f"worst kind at {longest}", write=worst)], rows)
    return {"kinds": ", ".join(kinds), "longest": longest, "adversarial": table}


def trained_at(models: Models) -> dict[str, frozenset[int]]:
    """Return the training lengths of what was trained by steps, by model."""
    first = {model: found[0] for model, found in models.items()}
    return {model: frozenset(each["inside_lengths"]) for model, each in first.items() if each["status"] != "fitted"}


def seen_in(models: Models) -> set[int]:
    """Return the lengths of a task with exact match at which no string was held out."""
    record = next(iter(models.values()))[0]
    scores = record["by_length"].items() if EXACT in metrics_of(record) else ()
    return {int(length) for length, score in scores if not score["unseen"]}


def lengths_heading(models: Models) -> str:
    """Say what the table by length shows."""
    metrics, trained = by_context(next(iter(models.values()))[0]), trained_at(models)
    names = " / ".join(metric.heading for metric in metrics)
    unit = " in percent" if all(metric.unit == "%" for metric in metrics) else ""
    known = {int(length) for found in models.values() for length in found[0]["by_length"]}
    missing = ", ".join(f"{window:,}" for window in windows_of(models) if window not in known)
    whose = "training" if len(set(trained.values())) == 1 else "each model's training"
    notes = [f"{whose} lengths in bold"] if trained else []
    notes += [f"{missing} was not evaluated"] if missing else []
    notes += ["† marks lengths where nothing is held out"] if seen_in(models) else []
    notes += ["‡ marks lengths that a seed was not judged at: nothing was right at two shorter ones"] * skips(models)
    noted = f" ({'; '.join(notes)})" if notes else ""
    return f"{names[0].upper()}{names[1:]}{unit} by length{noted}:"


def skips(models: Models) -> bool:
    """Whether any score stands for a length that was not judged."""
    records = (record for found in models.values() for record in found)
    return any(score.get("rule") == "skipped" for record in records for score in record["by_length"].values())


def lengths_table(rows: pd.DataFrame, models: Models, chosen: Iterable[int] | None = None) -> str:
    """Return a task's rows of by_length.csv as a table: a row a model, in their order, a column a length.

    chosen: only these lengths
    """
    metrics, trained, seen = by_context(next(iter(models.values()))[0]), trained_at(models), seen_in(models)
    lengths = sorted(set(rows["length"]) & set(rows["length"] if chosen is None else chosen))
    whole = {whole_of(found[0]) for found in models.values()}
    alike = len(set(trained.values())) == 1
    heads = []
    for n in lengths:
        head = "whole text, state carried" if n in whole else str(n)
        bold = alike and n in next(iter(trained.values()))
        heads.append((f"**{head}**" if bold else head) + "†" * (n in seen))
    cells: dict[tuple[str, int], str] = {}
    nothing = float("nan")
    for row in rows.to_dict("records"):
        model, n = row["model"], row["length"]
        said = " / ".join(columns.FORMS[metric.format](row[metric.name], nothing, nothing) for metric in metrics)
        said += "‡" * bool(row["skipped"])
        cells[model, n] = f"**{said}**" if not alike and n in trained.get(model, ()) else said
    lines = [[model, *(cells.get((model, n), "-") for n in lengths)] for model in models]
    return markdown_table(("model", *heads), lines)


def compared(groups: Groups) -> dict[str, str]:
    """Return the tables that compare families and split the spread over seeds; "" where there is nothing to say.

    Families are compared where two or more share their tasks, the spread is split where rows name their data's seed.
    """
    areas = comparable(groups)
    found: dict[tuple[str, str], str] = {}
    alike: dict[str, list[str]] = defaultdict(list)
    for pair in comparisons(areas) if areas else ():
        found[pair.one, pair.other] = share(pair.probability, pair.low, pair.high)
        found[pair.other, pair.one] = share(1 - pair.probability, 1 - pair.high, 1 - pair.low)
        if not pair.different:
            alike[pair.one].append(pair.other)
            alike[pair.other].append(pair.one)
    ranked = []
    for row in ranks(areas).to_dict("records") if areas else ():
        mean = f"{row['rank']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
        ranked.append([row["model"], str(row["tasks"]), mean, ", ".join(sorted(alike[row["model"]])) or "-"])
    order = [row[0] for row in ranked]
    chances = [[one, *(found.get((one, other), "-") for other in order)] for one in order]
    spread = []
    for (task, model), grid in sorted(grids(groups).items()):
        one = split(grid)
        shares = [share(*ends) for ends in zip(one.shares, one.low, one.high, strict=True)]
        size = f"{one.grid[0]} x {one.grid[1]}"
        spread.append([task, model, size, f"{100 * one.mean:.1f}", f"{100 * one.deviation:.1f}", *shares])
    tables = {
        "ranked": (("model", "tasks", "mean rank", "not significantly different from"), ranked, 1),
        "chances": (("better than", *order), chances, 1),
        "split": (("task", "model", "grid", "mean area", "spread", *PARTS), spread, 2),
    }
    return {name: markdown_table(*table) if table[1] else "" for name, table in tables.items()}
