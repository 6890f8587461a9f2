"""Language-model results, per token: how a text is evaluated, and what its compressors reach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.analysis.metrics import NATS, primary
from bench.records.store import Record
from bench.spec.settings import written
from bench.views.columns import Column
from bench.views.numbers import percent

Models = Mapping[str, list[Record]]  # a task's records by model
REFERENCES = ("gzip", "xz")
SAID = ("mode", "stride", "train_lengths")  # settings that the column `window` tells
INTRODUCTION = """Language-model results, per token: a model predicts each next token of a text that was kept out of
training, given the true ones before. Rows are in order of nats. Accuracy, like the nats, is that of the whole evaluated
text. *gzip* and *xz* are no models but references: the bits that a token of the evaluated text takes when it is
compressed behind the training text, of which gzip sees no more than the last 32 KiB.

Means over seeds, 95 % interval in brackets: of nats, steps and seconds the percentile bootstrap over seeds; of
accuracies, on each side the wider of that and Wilson's on the pooled counts, which takes tokens for independent.
Intervals say how much trainings differ; the text that is evaluated is the same for all.
"""


def is_language_model(record: Record) -> bool:
    """Whether a record's results are those of a language model, per token."""
    return primary(record) is NATS


def whole_of(record: Record) -> int | None:
    """Return the length that is the whole evaluated text, read with the state carried: the last one of a corpus."""
    return max(map(int, record["by_length"])) if "text" in record else None


def contexts_of(record: Record) -> list[int]:
    """Return the evaluated contexts that are read from a fresh state, ascending."""
    return sorted({int(length) for length in record["by_length"]} - {whole_of(record)})


def window_of(record: Record) -> int | None:
    """Return the training window; what was fitted at once has none."""
    return None if record["status"] == "fitted" else max(record["inside_lengths"])


def windows_of(models: Models) -> list[int]:
    """Return the training windows of some models, each once, ascending."""
    return sorted({window for found in models.values() if (window := window_of(found[0])) is not None})


def describe(models: Models) -> str:
    """Say what a task's models read, how they are evaluated, and by which rule they were chosen."""
    records = [found[0] for found in models.values()]
    shared = [(name, value) for name, value in settings_of(records[0]).items() if name not in SAID]
    shared = [pair for pair in shared if all(pair in settings_of(record).items() for record in records)]
    parts = [settings_said(shared), *sizes(facts_of(records)), *evaluated(records)]
    rule = "Stopping rule: the last step of the budget. How settings were chosen: bench/suites/language.py.\n"
    return " ".join([*filter(None, parts), rule])


def settings_said(settings: Iterable[tuple[str, Any]]) -> str:
    """Write a task's settings as a sentence; nothing where it has none."""
    said = ", ".join(f"{name} = {written(value)}" for name, value in sorted(settings))
    return f"Settings: {said}." if said else ""


def settings_of(record: Record) -> dict[str, Any]:
    """Return the task's settings of a record, lists as they compare."""
    settings = record["spec"]["task_settings"].items()
    return {name: tuple(value) if isinstance(value, list) else value for name, value in settings}


def facts_of(records: Sequence[Record]) -> dict[str, Any]:
    """Return what is known of a task's text without any model; nothing where no record says it."""
    return next((dict(record["text"]) for record in records if "text" in record), {})


def sizes(facts: Mapping[str, Any]) -> list[str]:
    """Say how long a text is and how many tokens it has."""
    if not facts:
        return []
    unknown = facts.get("unknown")
    outside = (
        "none can be out of the vocabulary"
        if unknown is None
        else f"{percent(unknown)} % of the evaluated ones are out of the vocabulary and count as one unknown token"
    )
    return [
        f"Trained on {facts['training_symbols']:,} tokens, evaluated on {facts['judged_symbols']:,}; a model chooses "
        f"among {facts['vocabulary']:,} (padding, BOS and EOS included); {outside}."
    ]


def evaluated(records: Sequence[Record]) -> list[str]:
    """Say which tokens of a context are scored."""
    said = []
    last_alone = [predicts_last(record) for record in records]
    half = "the second half of each piece is scored"
    last = "pieces start every half length and the last token of each alone is scored"
    how = half if not any(last_alone) else last if all(last_alone) else f"{half} (mode windows: {last})"
    if any(contexts_of(record) for record in records):
        said.append(
            f"A context of n tokens: the evaluated text is cut into pieces of n, each read from a fresh state; {how}."
        )
    if any(not record["by_length"][max(record["by_length"], key=int)]["unseen"] for record in records):
        said.append("The evaluated text is the training text itself.")
    return said


def predicts_last(record: Record) -> bool:
    """Whether the last token alone of each piece counts, as the first batch shows."""
    batch = record["first_batch"]
    return sum(batch["counted"]) < sum(batch["lengths"])


def references_of(models: Models) -> dict[str, float]:
    """Return the bits a token of each compressor."""
    facts = facts_of([found[0] for found in models.values()])
    return {name: float(facts[name]) for name in REFERENCES if name in facts}


def reference_lines(models: Models, layout: Sequence[Column]) -> list[list[str]]:
    """Return the lines of the compressors in a layout: they have bits alone."""
    found = [{"model": f"*{name}* (reference)", "bits": f"{bits:.3f}"} for name, bits in references_of(models).items()]
    return [[row.get(column.name, "-") for column in layout] for row in found]
