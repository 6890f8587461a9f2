"""Texts that are judged by their symbols: language models in nats, bits and perplexity, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from bench.analysis.summary import in_other_units
from bench.records.store import Record
from bench.spec.settings import written
from bench.views.numbers import (
    amount,
    budgeted,
    estimate,
    heading_rows,
    measured,
    named,
    percent,
    perplexity,
    row_of,
    share,
)

KIND = "text"
REFERENCES = ("gzip", "xz")
SAID = ("mode", "stride", "train_lengths")  # settings that the column `window` tells
HEADER = (
    "model",
    "nats",
    "bits",
    "perplexity",
    "accuracy",
    "nats inside",
    "window",
    "parameters",
    "steps / budget",
    "seconds",
    "seeds",
)
INTRODUCTION = """Texts: a language model foresees each next symbol of a text that was kept out of training, given the
true ones before. *nats* is the mean cross-entropy of a symbol, in nats; *bits* is the same divided by ln 2,
*perplexity* the exponential of the nats, *accuracy* the share of symbols, in percent, that were the model's first
choice: all four over the whole judged text, read once from its first symbol to its last with the state carried. *nats
inside* is measured with contexts as long as the model's own training window (*window*: its symbols, and how the
training text was cut where it was not read in order). Rows are in order of nats. *gzip* and *xz* are no models but
references: the bits that a symbol of the judged text takes when it is compressed behind the training text, of which
gzip sees no more than the last 32 KiB.

Means over seeds, 95 % interval in brackets: of nats, steps and seconds the percentile bootstrap over seeds; of
accuracies, on each side the wider of that and Wilson's on the pooled counts, which takes symbols for independent.
Intervals say how much trainings differ; the text that is judged is the same for all.
"""


def is_text(record: Record) -> bool:
    """Whether a record is judged by a text's symbols."""
    return bool(record["kind"] == KIND)


def text_parts(rows: pd.DataFrame, lengths: pd.DataFrame, groups: Mapping[str, list[Record]]) -> list[str]:
    """Return a task's part of the page: how it is judged, its models, their nats by context.

    groups: the task's records by model
    """
    return [
        describe(groups),
        models_table(rows, groups),
        contexts_heading(groups),
        contexts_table(lengths, groups),
    ]


def describe(groups: Mapping[str, list[Record]]) -> str:
    """Say what a task's models read, how they are judged, and by which rule they were chosen."""
    records = [found[0] for found in groups.values()]
    shared = [(name, value) for name, value in settings_of(records[0]).items() if name not in SAID]
    shared = [pair for pair in shared if all(pair in settings_of(record).items() for record in records)]
    parts = (
        [f"Settings: {', '.join(f'{name} = {written(value)}' for name, value in sorted(shared))}."] if shared else []
    )
    parts += [*sizes(facts_of(records)), *judged(records)]
    return " ".join(
        [*parts, "Stopping rule: the last step of the budget. How settings were chosen: bench/suites/language.py.\n"]
    )


def settings_of(record: Record) -> dict[str, Any]:
    """Return the task's settings of a record, lists as they compare."""
    settings = record["spec"]["task_settings"].items()
    return {name: tuple(value) if isinstance(value, list) else value for name, value in settings}


def facts_of(records: Sequence[Record]) -> dict[str, Any]:
    """Return what is known of a task's text without any model; nothing where no record says it."""
    return next((dict(record["text"]) for record in records if "text" in record), {})


def sizes(facts: Mapping[str, Any]) -> list[str]:
    """Say how long a text is and how many symbols it has."""
    if not facts:
        return []
    unknown = facts.get("unknown")
    outside = (
        "none can be out of the vocabulary"
        if unknown is None
        else f"{percent(unknown)} % of the judged ones are out of the vocabulary and count as one unknown symbol"
    )
    return [
        f"Trained on {facts['training_symbols']:,} symbols, judged on {facts['judged_symbols']:,}; a model chooses "
        f"among {facts['vocabulary']:,} (padding, start and stop included); {outside}."
    ]


def judged(records: Sequence[Record]) -> list[str]:
    """Say which symbols of a context are scored."""
    said = []
    last_alone = [predicts_last(record) for record in records]
    half = "the second half of each piece is scored"
    last = "pieces start every half length and the last symbol of each alone is scored"
    how = half if not any(last_alone) else last if all(last_alone) else f"{half} (mode windows: {last})"
    if any(contexts_of(record) for record in records):
        said.append(
            f"A context of n symbols: the judged text is cut into pieces of n, each read from a fresh state; {how}."
        )
    if any(not record["by_length"][str(longest_of(record))]["unseen"] for record in records):
        said.append("The judged text is the training text itself.")
    return said


def predicts_last(record: Record) -> bool:
    """Whether the last symbol alone of each piece counts, as the first batch shows."""
    batch = record["first_batch"]
    return sum(batch["counted"]) < sum(batch["lengths"])


def longest_of(record: Record) -> int:
    """Return a record's longest evaluated length."""
    return max(map(int, record["by_length"]))


def whole_of(record: Record) -> int | None:
    """Return the length that is the whole judged text, read with the state carried: the last one of a corpus."""
    return longest_of(record) if "text" in record else None


def contexts_of(record: Record) -> list[int]:
    """Return the evaluated contexts that are read from a fresh state, ascending."""
    return sorted({int(length) for length in record["by_length"]} - {whole_of(record)})


def bracketed_perplexity(row: dict[Any, Any]) -> str:
    """Return the perplexity with the interval that the nats' has, where seeds differ."""
    said, ends = perplexity(row["perplexity"]), (row["nats_low"], row["nats_high"])
    if pd.isna(ends[0]) or ends[0] == ends[1]:
        return said
    low, high = in_other_units(np.array(ends))["perplexity"]
    return f"{said} [{perplexity(low)}, {perplexity(high)}]"


def window_of(record: Record) -> int | None:
    """Return the training window; what was fitted at once has none."""
    return None if record["status"] == "fitted" else max(record["inside_lengths"])


def windows_of(groups: Mapping[str, list[Record]]) -> list[int]:
    """Return the training windows of some models, each once, ascending."""
    return sorted({window for found in groups.values() if (window := window_of(found[0])) is not None})


def models_table(rows: pd.DataFrame, groups: Mapping[str, list[Record]]) -> str:
    """Return one task's leaderboard; below the models, what compressors reach."""
    lines = [row_of(model_cells(row, groups[str(row["model"])][0])) for row in rows.to_dict("records")]
    references = [row_of(reference_cells(*pair)) for pair in references_of(groups).items()]
    return "\n".join([*heading_rows(HEADER), *lines, *references]) + "\n"


def model_cells(row: dict[Any, Any], record: Record) -> list[str]:
    """Return the cells under HEADER of one row of the leaderboard; `record` is any of the row's."""
    window = window_of(record)
    mode = record["spec"]["task_settings"].get("mode", "stream")
    return [
        named(row),
        measured(*estimate(row, "nats")),
        measured(row["bits"]),
        bracketed_perplexity(row),
        share(*estimate(row, "accuracy")),
        "-" if window is None else measured(*estimate(row, "nats_inside")),
        "-" if window is None else f"{window}" if mode == "stream" else f"{window}, {mode}",
        f"{row['parameters']:,}",
        budgeted(row),
        amount(*estimate(row, "seconds")),
        str(row["seeds"]),
    ]


def references_of(groups: Mapping[str, list[Record]]) -> dict[str, float]:
    """Return the bits a symbol of each compressor."""
    facts = facts_of([found[0] for found in groups.values()])
    return {name: float(facts[name]) for name in REFERENCES if name in facts}


def reference_cells(name: str, bits: float) -> list[str]:
    """Return the cells of a compressor, which has bits alone."""
    return [f"*{name}* (reference)", "-", f"{bits:.3f}", *["-"] * (len(HEADER) - 3)]


def contexts_heading(groups: Mapping[str, list[Record]]) -> str:
    """Say what the table by context shows."""
    windows = windows_of(groups)
    known = {n for found in groups.values() for n in map(int, found[0]["by_length"])}
    bold = "training window" if len(windows) == 1 else "each model's training window"
    missing = [f"{window:,}" for window in windows if window not in known]
    said = f"; {', '.join(missing)} was not evaluated" if missing else ""
    return (
        f"Nats of a symbol by context, in symbols ({bold} in bold{said}):\n"
        if windows
        else ("Nats of a symbol by context, in symbols:\n")
    )


def contexts_table(lengths: pd.DataFrame, groups: Mapping[str, list[Record]]) -> str:
    """Return one task's nats by context: a row a model, the best first, a column a context, the whole text last."""
    records = {model: found[0] for model, found in groups.items()}
    whole = {whole_of(record) for record in records.values()}
    columns, windows = sorted(set(lengths["length"])), windows_of(groups)
    heads = ["whole text, state carried" if n in whole else str(n) for n in columns]
    heads = [f"**{head}**" if windows == [n] else head for head, n in zip(heads, columns, strict=True)]
    found: dict[str, dict[int, str]] = {model: {} for model in records}
    for row in lengths.to_dict("records"):
        model, length = str(row["model"]), int(row["length"])
        said = measured(row["nats"])
        own = len(windows) > 1 and window_of(records[model]) == length
        found[model][length] = f"**{said}**" if own else said
    lines = [row_of([model, *(cells.get(n, "-") for n in columns)]) for model, cells in found.items()]
    return "\n".join([*heading_rows(("model", *heads)), *lines]) + "\n"
