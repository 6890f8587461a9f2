"""Language-model results, per token: how a text is evaluated, and what its compressors reach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bench.records.store import Record
from bench.spec.settings import written
from bench.views.numbers import percent

Models = Mapping[str, list[Record]]  # a task's records by model
REFERENCES, CALLED = ("gzip", "xz"), "*{}* (reference)"  # on pages of Markdown
SAID = ("mode", "stride", "train_lengths")  # settings that the column `window` tells
TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=False,  # Markdown, not HTML
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
TEMPLATES.filters["line"] = lambda text: " ".join(text.split())


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
    settings = [comparable(record["spec"]["task_settings"]) for record in records]
    shared = [pair for pair in settings[0].items() if all(pair in each.items() for each in settings)]
    batches = [record["first_batch"] for record in records]
    return TEMPLATES.get_template("text.md").render(
        settings=settings_said((name, value) for name, value in shared if name not in SAID),
        facts=facts_of(models),
        percent=percent,
        contexts=any(map(contexts_of, records)),
        last_alone=[sum(batch["counted"]) < sum(batch["lengths"]) for batch in batches],  # of each piece it counts
        by_heart=any(not record["by_length"][max(record["by_length"], key=int)]["unseen"] for record in records),
    )


def comparable(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings, lists as they compare."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}


def settings_said(settings: Iterable[tuple[str, Any]]) -> str:
    """Write settings as a page has them."""
    return ", ".join(f"{name} = {written(value)}" for name, value in sorted(settings))


def facts_of(models: Models) -> dict[str, Any]:
    """Return what is known of a task's text without any model; nothing where no record says it."""
    return next((dict(found[0]["text"]) for found in models.values() if "text" in found[0]), {})


def references_of(models: Models) -> dict[str, float]:
    """Return the bits a token of each compressor."""
    facts = facts_of(models)
    return {name: float(facts[name]) for name in REFERENCES if name in facts}


def reference_rows(models: Models, called: str = "{}") -> list[dict[Any, Any]]:
    """Return the compressors as rows of a table: they have bits alone."""
    return [{"model": called.format(name), "bits": bits} for name, bits in references_of(models).items()]
