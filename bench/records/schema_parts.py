"""Parts of a record that are objects of their own: samples, and what only some records have."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from bench.records.schema_values import is_count, is_share, is_signed_or_none

COUNTS = ("examples", "right", "stopped_wrong")


def is_facts(facts: Any) -> bool:
    """Whether a value says what is known of a text without a model."""
    if not isinstance(facts, dict) or not is_share(facts.get("unknown") or 0):
        return False
    counts = all(is_count(facts.get(name), 1) for name in ("training_symbols", "judged_symbols", "vocabulary"))
    return counts and all(isinstance(facts.get(name), int | float) for name in ("gzip", "xz"))


def is_padding(counts: Any) -> bool:
    """Whether a value counts right symbols among those asked, and with padding among all cells of a batch."""
    if not isinstance(counts, dict) or not all(is_count(counts.get(f"{n}_right")) for n in ("symbols", "cells")):
        return False
    return all(is_count(counts.get(n), 1) and counts[f"{n}_right"] <= counts[n] for n in ("symbols", "cells"))


def is_sample(sample: Any) -> bool:
    """Whether a value is a kept example: lists of symbols' names, or of numbers and None where one overflowed."""
    if not isinstance(sample, dict) or not is_count(sample.get("length"), 1) or not is_count(sample.get("first")):
        return False
    return are_sequences([sample.get(name) for name in ("given", "truth", "written")])


def are_sequences(parts: list[Any]) -> bool:
    """Whether values are lists of symbols' names, or all of them lists of numbers and None where one overflowed."""
    if not all(isinstance(part, list) for part in parts):
        return False
    items = [item for part in parts for item in part]
    return all(isinstance(item, str) for item in items) or all(map(is_signed_or_none, items))


def is_adversarial(scores: Any, lengths: Container[str]) -> bool:
    """Whether a value counts what was right of adversarial sets: by length, each an evaluated one, and by kind."""
    if not isinstance(scores, dict) or not all(length in lengths for length in scores):
        return False
    return all(
        isinstance(kinds, dict) and all(bool(kind) and are_counts(counts) for kind, counts in kinds.items())
        for kinds in scores.values()
    )


def are_counts(counts: Any) -> bool:
    """Whether a value counts examples, and of these the right ones and those that only stopped wrong."""
    if not isinstance(counts, dict) or not all(is_count(counts.get(name)) for name in COUNTS):
        return False
    return 1 <= counts["examples"] >= counts["right"] + counts["stopped_wrong"]


def is_trace(trace: Any) -> bool:
    """Whether a value is what a memory did while one example was written: series with a number, or none, a step."""
    if not isinstance(trace, dict) or not is_count(trace.get("length"), 1) or not isinstance(trace.get("series"), dict):
        return False
    series = list(trace["series"].values())
    if not are_sequences([trace.get(name) for name in ("source", "written")]):
        return False
    if not all(isinstance(values, list) and all(map(is_signed_or_none, values)) for values in series):
        return False
    return len(set(map(len, series))) <= 1
