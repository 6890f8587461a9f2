"""How measured numbers and their differences are written, with the places that their unit deserves."""

from __future__ import annotations

import math

from bench.studies.claims.measures import NATS, RELATIVE, SECONDS, SHARE, STEPS, Measure
from bench.views.numbers import percent

PLACES = {NATS: ".3f", STEPS: ",.0f", SECONDS: ".2f", RELATIVE: ".3g"}


def amount(measure: Measure, value: float) -> str:
    """Write a number with its unit."""
    if math.isnan(value):
        return "no number"
    unit = {SHARE: " %", RELATIVE: ""}.get(measure.unit, f" {measure.unit}")
    return f"{short(measure, value)}{unit}"


def short(measure: Measure, value: float) -> str:
    """Write a number without its unit."""
    shown = math.exp(value) if measure.ratio else value
    if measure.unit == SHARE:
        return percent(shown) if shown >= 0 else f"{100 * shown:.1f}"
    return format(shown, PLACES[measure.unit])


def gap(measure: Measure, value: float) -> str:
    """Write a difference with its unit."""
    if math.isnan(value):
        return "unknown"
    unit = {SHARE: " points", RELATIVE: ""}.get(measure.unit, f" {measure.unit}")
    return short_gap(measure, value) + ("" if measure.ratio else unit)


def short_gap(measure: Measure, value: float) -> str:
    """Write a difference without its unit."""
    if measure.ratio:
        return f"{math.exp(value):.2f}"
    return f"{100 * value:.1f}" if measure.unit == SHARE else format(value, PLACES[measure.unit])
