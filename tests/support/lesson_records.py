"""Hand-made records of the suite `lessons`, as its runs might come out, for the tests of its claims."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from harness import record, score

from bench.records.store import Record
from bench.spec.spec import Spec
from bench.suites.suites import SUITES

CONTEXTS = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 120_179)
COPIED = (*range(2, 21), 30, 50, 100)
VARIED = (*range(1, 29), 42, 70, 140)
NATS = {
    "rnn(stream)": 1.72, "rnn(chunks)": 1.83, "rnn(windows)": 1.98, "char_loop(add)": 2.09, "char_loop(concat)": 1.97,
    "elman(stream)": 1.722, "gru(stream)": 1.6, "gru_cell(stream)": 1.603, "lstm(restarts)": 1.57,
    "rnn(learning_rate=0.3)": 3.06, "rnn(one epoch)": 1.88, "markov(order=1)": 2.45, "markov(order=6)": 1.63,
}  # fmt: skip
RIGHT = {"rnn": 0.999, "elman": 0.998, "gru": 1.0, "irnn(identity)": 0.97, "rnn(start=own)": 0.03}
UNITS = {("sine", 1): 0.998, ("sine", 2): 1.1e-6, ("two", 2): 0.71, ("two", 3): 0.66, ("two", 4): 2.5e-4}
TEXT = {"training_symbols": 480_714, "judged_symbols": 120_179, "vocabulary": 86, "gzip": 3.0, "xz": 2.7}


def lesson_record(spec: Spec, seed: int) -> Record:
    """Return a record of a spec of the suite that trains nothing; each seed differs a little."""
    chance = np.random.default_rng([seed, *spec.column.encode(), *spec.row.encode()])
    made = {"sine": sine, "copy": copy, "variable_copy": varied, "addition": added, "human_numbers": book}
    parts = made.get(spec.task, text)(spec, chance)
    fitted = spec.model == "markov"
    steps = 0 if fitted else spec.steps
    curve = parts.pop("curve", [])
    whole = record({3: 0}, task=spec.row, model=spec.column, seed=seed, **parts)
    looks = [round(0.01 * look["step"], 3) for look in curve]
    timing = {"train_seconds": round(steps * 0.011 * (1 + 0.02 * chance.normal()), 3), "look_seconds": looks}
    settings = {"batch": spec.batch, "steps": spec.steps}
    return whole | {
        "status": "fitted" if fitted else "trained",
        "steps": steps,
        "curve": curve,
        "spec": whole["spec"] | settings,
        "timing": whole["timing"] | timing,
    }


def suite_records(seeds: int = 5) -> list[Record]:
    """Return a record of every cell of the suite."""
    return [lesson_record(spec, seed) for spec in SUITES["lessons"].specs for seed in range(seeds)]


def learning(spec: Spec, top: float, centre: float, chance: np.random.Generator) -> list[dict[str, Any]]:
    """Return a curve that rises around a share of the budget."""
    steps = range(100, spec.steps + 1, 100)
    rises = [1 / (1 + math.exp(-10 * (step / spec.steps - centre))) for step in steps]
    exact = [float(np.clip(top * rise + 0.01 * chance.normal(), 0, 1)) for rise in rises]
    return [
        {"step": step, "loss": 2.2 * (1 - 0.9 * rise), "exact": share}
        for step, rise, share in zip(steps, rises, exact, strict=True)
    ]


def strings(rights: Mapping[int, float], chance: np.random.Generator) -> dict[str, Any]:
    """Return scores with about such shares of strings right."""
    counts = {length: min(256, 3 * 4 ** min(length, 4)) for length in rights}
    return {
        str(length): score(int(chance.binomial(counts[length], np.clip(share, 0, 1))), counts[length])
        for length, share in rights.items()
    }


def sine(spec: Spec, chance: np.random.Generator) -> dict[str, Any]:
    units = spec.model_settings["hidden"]
    error = UNITS["sine" if spec.row == "sine" else "two", units]
    waves = (1.0, 3.0) if spec.row != "sine" else (1.0,)
    time = 0.1 * np.arange(50)
    truth = sum(np.sin(2 * math.pi * wave * time + 1) for wave in waves)
    scores = {}
    for length in (50, 100, 200, 500, 1000):
        wrong = error * (1 + 0.1 * chance.random()) if error < 0.01 else min(1.2, error + 0.05 * chance.random())
        scores[str(length)] = score(100 if wrong < 0.05 else 0, nrmse=wrong, next_step_nrmse=wrong)
    own = [float(value) for value in (truth * 0.2 * 0.9 ** np.arange(50) if error > 0.01 else truth)]
    kept = {"length": 50, "first": 0, "given": [0.0], "truth": [float(value) for value in truth], "written": own}
    curve = [{"step": step, "loss": 0.1, "exact": 0.0} for step in (500, 1000)]
    return {"inside": (50,), "kind": "values", "by_length": scores, "samples": [kept], "curve": curve}


def copy(spec: Spec, chance: np.random.Generator) -> dict[str, Any]:
    top = RIGHT.get(spec.column, 0.6)
    fall = 1.2 if spec.model == "gru" else 0.3
    rights = {length: top * math.exp(-((abs(length - 10) / fall) ** 2)) for length in COPIED}
    return {"inside": (10,), "by_length": strings(rights, chance), "curve": learning(spec, top, 0.4, chance)}


def varied(spec: Spec, chance: np.random.Generator) -> dict[str, Any]:
    loss = 0.03 * (not spec.loss_mask) + 0.09 * (spec.model_settings.get("final") == "padding")
    rights = {length: (0.997 - loss) / (1 + math.exp(length - 16)) for length in VARIED}
    symbols, cells = 2432, 3840
    right = int(symbols * (0.995 - loss / 3))
    padding = {"symbols": symbols, "symbols_right": right, "cells": cells}
    padding["cells_right"] = right + int((cells - symbols) * (0.05 if spec.loss_mask else 0.999))
    inside = tuple(range(3, 15))
    made = {"inside": inside, "by_length": strings(rights, chance), "padding": padding}
    return made | {"curve": learning(spec, 1, 0.35 + 2 * loss, chance)}


def added(spec: Spec, chance: np.random.Generator) -> dict[str, Any]:
    top = 0.98 if spec.model == "lstm" else 0.55
    rights = {1: 1.0, 2: top + 0.02 * chance.normal(), 3: 0.1, 4: 0.0}
    return {"inside": (1, 2), "by_length": strings(rights, chance), "curve": learning(spec, top, 0.5, chance)}


def book(spec: Spec, chance: np.random.Generator) -> dict[str, Any]:
    top = 0.64 if spec.column == "rnn(stream)" else 0.55
    share = int(1000 * (top + 0.02 * chance.normal()))
    scores = {"8022": score(80, nats=0.5), "9949": score(10, tokens_right=share, nats=1.5)}
    return {"inside": (8022,), "kind": "stream", "by_length": scores, "curve": losses(spec, 1.0)}


def losses(spec: Spec, end: float) -> list[dict[str, Any]]:
    return [
        {"step": step, "loss": end + math.exp(-step / 300), "exact": None} for step in range(100, spec.steps + 1, 100)
    ]


def text(spec: Spec, chance: np.random.Generator) -> dict[str, Any]:
    base = NATS[spec.column] + (0 if spec.model == "markov" else 0.004 * chance.normal())
    carried = "stream" in spec.column or "restarts" in spec.column
    scores = {}
    for length in CONTEXTS:
        short = 0.7 * math.exp(-length / 5)
        far = 0 if carried or spec.model == "markov" else 0.02 * max(0, math.log2(length / 16))
        scores[str(length)] = score(50, nats=base + short + far)
    curve = [] if spec.model == "markov" else losses(spec, base)
    return {"inside": (8,), "kind": "text", "by_length": scores, "curve": curve, "text": TEXT}
