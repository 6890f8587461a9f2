"""Hand-made records of language models, whose tokens are scored."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from harness import record, score

from bench.records.store import Record

FACTS = {
    "training_symbols": 480_714,
    "judged_symbols": 120_179,
    "vocabulary": 88,
    "unknown": 0.0004,
    "gzip": 3.61,
    "xz": 3.02,
}


LINE = {"length": 120_179, "first": 0, "given": [], "truth": [*"to be\nor"], "written": [*" o bc\ntr"]}


def text_record(
    nats: Mapping[int, float | None],
    *,
    task: str = "chars",
    model: str = "gru",
    window: int = 8,
    mode: str = "stream",
    facts: Mapping[str, Any] = FACTS,
    **changes: Any,
) -> Record:
    """Return a hand-made record of a text that is judged by its symbols, with so many nats at each context."""
    made = record({1: 1}, task=task, model=model, inside=(window,), kind="text", **changes)
    last, whole = mode == "windows", facts["judged_symbols"]
    made["by_length"] = {str(n): text_score(n, each, whole, last) for n, each in nats.items()}
    made["spec"]["task_settings"] = {"train_lengths": [window], **({} if mode == "stream" else {"mode": mode})}
    rows = [window] * 4
    usual = {
        "text": dict(facts),
        "first_batch": {"width": window, "lengths": rows, "counted": [1] * 4 if last else rows},
        "curve": [{"step": 500, "loss": 2.25, "exact": None}, {"step": 1000, "loss": 1.875, "exact": None}],
        "samples": [LINE],
    }
    return made | {name: value for name, value in usual.items() if name not in changes}


def text_score(length: int, nats: float | None, whole: int, last: bool) -> dict[str, Any]:
    """Return the score at one context: its counted symbols, and as many of them right as such nats go with."""
    tokens = whole if length >= whole else (whole - length) // max(1, length // 2) if last else whole // 2
    right = 0 if nats is None else int(tokens * math.exp(-0.45 * nats))
    unread = [None] * (0 if length >= whole else 12)
    return score(
        right, tokens, tokens=tokens, tokens_right=right, chance=1 / 88, nats=nats, errors_at=[*unread, *[0.5] * 12]
    )
