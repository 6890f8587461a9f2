"""What the page's charts call families, how they draw them, and what structure a family brings along."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench.records.store import Record
from bench.spec.catalogue import Catalogue
from bench.spec.settings import written
from bench.views.charts.style import COLOURS, SeriesStyle, label, style_at

Settings = Mapping[str, Any]  # a record's spec


def chart_styles(models: Sequence[str], styles: Mapping[str, SeriesStyle]) -> dict[str, SeriesStyle]:
    """Return the styles of a chart's families; one whose colour an earlier one has gets the next that is free."""
    found: dict[str, SeriesStyle] = {}
    for model in models:
        own = styles[model]
        taken = {other.colour for other in found.values()}
        places = range(own.index, own.index + len(COLOURS))
        free = next((style_at(place) for place in places if style_at(place).colour not in taken), own)
        found[model] = replace(free, index=own.index)
    return found


def short_names(records: Iterable[Record]) -> dict[str, str]:
    """Return what charts call the columns of some records, no two alike: "decoder_only rotary".

    A name that is left to two columns stays whole for both.
    """
    short = {record["model"]: " ".join([record["spec"]["model"], *apart(record)]) for record in records}
    counts = Counter(map(label, short.values()))
    return {column: name if counts[label(name)] == 1 else column for column, name in short.items()}


def apart(record: Record) -> list[str]:
    """Return what sets a record's column apart, words without the names of their settings.

    Records before schema 3 do not say it: of those, the family's choices that differ from its defaults, not its sizes.
    """
    found: Mapping[str, Any] | None = record.get("variant")
    if found is None:
        found = {name: chosen for name, chosen in differing(record["spec"]) if isinstance(chosen, str | bool)}
    return [chosen if isinstance(chosen, str) else f"{name}={written(chosen)}" for name, chosen in found.items()]


def differing(spec: Settings) -> list[tuple[str, Any]]:
    """Return the settings of a family that are not its defaults."""
    family = Catalogue().entries["model"].get(spec["model"])
    defaults = {name: value(setting.default) for name, setting in family.settings.items()} if family else {}
    return [(name, chosen) for name, chosen in spec["model_settings"].items() if defaults.get(name) != chosen]


def inductive_bias(spec: Settings) -> str:
    """Return what structure a family brings along before it has seen an example, "-" where it does not say."""
    family = Catalogue().entries["model"].get(spec["model"])
    return family.inductive_bias(spec["model_settings"]) or "-" if family else "-"


def value(source: str) -> Any:
    """Return what a default's source text stands for, where it is a literal."""
    try:
        return ast.literal_eval(source)
    except (SyntaxError, ValueError):
        return None
