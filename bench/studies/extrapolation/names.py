"""What the page's charts call families, how they draw them, and what structure a family brings along."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

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


def short_names(specs: Mapping[str, Settings]) -> dict[str, str]:
    """Return what charts call the columns of some specs, no two alike: decoder_only with rotary positions and so on.

    A family's choices that differ from its defaults are named, its sizes are not; a name that this leaves to two
    columns stays whole for both.
    """
    short = {column: " ".join([spec["model"], *choices(spec)]) for column, spec in specs.items()}
    counts = Counter(map(label, short.values()))
    return {column: name if counts[label(name)] == 1 else column for column, name in short.items()}


def choices(spec: Settings) -> list[str]:
    """Return the values of a family's settings that are words, and its switches, where they differ from the default."""
    family = Catalogue().entries["model"].get(spec["model"])
    defaults = {name: value(setting.default) for name, setting in family.settings.items()} if family else {}
    differing = {name: chosen for name, chosen in spec["model_settings"].items() if defaults.get(name) != chosen}
    return [
        chosen if isinstance(chosen, str) else f"{name}={written(chosen)}"
        for name, chosen in differing.items()
        if isinstance(chosen, str | bool)
    ]


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
