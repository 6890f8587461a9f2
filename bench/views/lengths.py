"""The table by length: a row a model, a column a length."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from bench.analysis.metrics import EXACT, by_context, metrics_of
from bench.records.store import Record
from bench.views.columns import FORMS
from bench.views.numbers import markdown_table
from bench.views.texts import Models, whole_of, windows_of


def trained_at(models: Models) -> dict[str, frozenset[int]]:
    """Return the training lengths of what was trained by steps, by model."""
    first = {model: found[0] for model, found in models.items()}
    return {model: frozenset(each["inside_lengths"]) for model, each in first.items() if each["status"] != "fitted"}


def lengths_heading(models: Models) -> str:
    """Say what the table shows."""
    record, trained = next(iter(models.values()))[0], trained_at(models)
    metrics = by_context(record)
    names = " / ".join(metric.heading for metric in metrics)
    unit = " in percent" if all(metric.unit == "%" for metric in metrics) else ""
    known = {int(length) for found in models.values() for length in found[0]["by_length"]}
    missing = [f"{window:,}" for window in windows_of(models) if window not in known]
    whose = "training" if len(set(trained.values())) == 1 else "each model's training"
    notes = [f"{whose} lengths in bold"] if trained else []
    notes += [f"{', '.join(missing)} was not evaluated"] if missing else []
    notes += ["† marks lengths where nothing is held out"] if seen_in(record) else []
    notes += ["‡ marks lengths that a seed was not judged at: nothing was right at two shorter ones"] * skips(models)
    noted = f" ({'; '.join(notes)})" if notes else ""
    return f"{names[0].upper()}{names[1:]}{unit} by length{noted}:\n"


def skips(models: Models) -> bool:
    """Whether any score stands for a length that was not judged."""
    return any(
        score.get("rule") == "skipped"
        for found in models.values()
        for record in found
        for score in record["by_length"].values()
    )


def seen_in(record: Record) -> set[int]:
    """Return the lengths of a task with exact match at which no string was held out."""
    if EXACT not in metrics_of(record):
        return set()
    return {int(length) for length, score in record["by_length"].items() if not score["unseen"]}


def lengths_table(rows: pd.DataFrame, models: Models, chosen: Iterable[int] | None = None) -> str:
    """Return a task's rows of by_length.csv as a table, its models in their order; chosen: only these lengths."""
    record, trained = next(iter(models.values()))[0], trained_at(models)
    metrics = by_context(record)
    lengths = sorted(set(rows["length"]) & set(rows["length"] if chosen is None else chosen))
    whole = {whole_of(found[0]) for found in models.values()}
    alike, seen = len(set(trained.values())) == 1, seen_in(record)
    heads = []
    for n in lengths:
        head = "whole text, state carried" if n in whole else str(n)
        bold = alike and n in next(iter(trained.values()))
        heads.append((f"**{head}**" if bold else head) + "†" * (n in seen))
    cells: dict[tuple[str, int], str] = {}
    nothing = float("nan")
    columns = [rows[metric.name] for metric in metrics]
    for model, n, skipped, *values in zip(rows["model"], rows["length"], rows["skipped"], *columns, strict=True):
        said = " / ".join(FORMS[m.format](v, nothing, nothing) for m, v in zip(metrics, values, strict=True))
        said += "‡" * bool(skipped)
        cells[model, n] = f"**{said}**" if not alike and n in trained.get(model, ()) else said
    return markdown_table(
        ("model", *heads), [[model, *(cells.get((model, n), "-") for n in lengths)] for model in models]
    )
