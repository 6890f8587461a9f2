"""How families look and are called on the page's charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bench.views.charts.style import COLOURS, Look, label, look_at

PLAIN = ("positions", "move", "cell", "couple", "start", "drive", "ids", "decoder")  # settings whose value says enough


def chart_looks(models: Sequence[str], looks: Mapping[str, Look]) -> dict[str, Look]:
    """Return the looks of a chart's families; one whose colour an earlier one has gets the next that is free."""
    found: dict[str, Look] = {}
    for model in models:
        look = looks[model]
        taken = {other.colour for other in found.values()}
        places = range(look.index, look.index + len(COLOURS))
        free = next((look_at(place) for place in places if look_at(place).colour not in taken), look)
        found[model] = replace(free, index=look.index)
    return found


def short_names(models: Iterable[str]) -> dict[str, str]:
    """Return what charts call families: decoder_only(positions=rotary) is decoder_only rotary; no two are alike."""
    every = list(models)
    short = {model: shortened(model) for model in every}
    counts = Counter(map(label, short.values()))
    return {model: name if counts[label(name)] == 1 else model for model, name in short.items()}


def shortened(model: str) -> str:
    """Leave out the brackets, and the names of settings whose value says enough."""
    family, _, settings = model.partition("(")
    said = [family]
    for part in settings.removesuffix(")").split(","):
        name, _, value = part.partition("=")
        said.append(value if name in PLAIN and value else part)
    return " ".join(filter(None, said))
