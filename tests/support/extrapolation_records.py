"""Hand-made records of a run that extrapolates, as its families might come out, for the tests of its page."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

from harness import record, score

from bench.records.store import Record
from bench.spec.settings import label
from bench.suites.configured import CONFIGURED

KINDS = ("one_symbol", "palindrome")
Families = dict[str, tuple[str, dict[str, Any], float, int]]


def column(model: str, half: float, parameters: int, **settings: Any) -> Families:
    """Return a family by its column.

    half: the multiple of the longest training length at which half of the answers are right
    """
    return {label(model, settings): (model, settings, half, parameters)}


STRINGS = (
    column("location_attention", 1e6, 40_312)
    | column("location_attention", 60.0, 48_771, move="convolution")
    | column("decoder_only", 25.0, 101_248, positions="coupled")
    | column("decoder_only", 1.4, 100_992, positions="rotary")
    | column("decoder_only", 2.1, 100_480, positions="alibi", heads=8)
    | column("transformer", 1.2, 104_001, positions="none")
    | column("stack_rnn", 8.0, 10_215)
    | column("tape_rnn", 30.0, 11_027)
    | column("gru", 1.15, 51_004)
    | column("lstm", 1.1, 66_123)
    | column("selective_ssm", 1.3, 52_760)
    | column("lru", 0.4, 50_111)
)
COUNTED = (
    column("gru", 3.0, 10_000) | column("lstm", 45.0, 10_400) | column("transformer", 1.1, 12_000, positions="none")
)
ROWS: dict[str, Families] = {
    "copy(1-20)": STRINGS,
    "reverse(1-20)": {name: STRINGS[name] for name in ("location_attention", "stack_rnn", "gru")},
    "addition(aligned,1-10)": COUNTED,
    "parity": COUNTED,
    **{
        f"copy(1-{n})": column("location_attention", 1e6 if n > 5 else 20.0, 40_312)
        | column("decoder_only", n / 2, 101_248, positions="coupled")
        | column("gru", 1.0 + n / 100, 51_004)
        | column("lru", 0.4, 50_111)
        for n in (5, 10, 40)
    },
}
WORDS = {"pointer": (0.998, 0.99), "lstm": (0.85, 0.72), "gru": (0.84, 0.7), "majority": (0.2, 0.2)}
WAVES = {"ridge": 1e-7, "linear_rnn": 3e-5, "elman": 4e-3, "gru": 2e-2}
SECTIONS = [
    "addition(aligned,1-10)",
    "copy(1-20)",
    "human_numbers",
    "parity",
    "reverse(1-20)",
    "sine(one,float64)",
]


def suite_records(seeds: int = 5) -> Iterator[Record]:
    """Return a record of every cell."""
    for row, columns in ROWS.items():
        for name in columns:
            for seed in range(seeds):
                yield string_record(row, name, seed)
    for seed in range(seeds):
        yield from (word_record(name, share, later, seed) for name, (share, later) in WORDS.items())
        yield from (wave_record(name, error, seed) for name, error in WAVES.items())


def configured(row: str, model: str, seed: int, settings: dict[str, Any] | None = None, **changes: Any) -> Record:
    """Return a record of a family on a configured task."""
    sizes = settings or {}
    spec = CONFIGURED[row].spec(model, sizes, shown=sizes)
    return record({3: 1}, task=row, model=spec.column, seed=seed, **changes) | {"spec": spec.asked}


def string_record(row: str, name: str, seed: int) -> Record:
    """Return a record of a task on strings whose accuracy falls around a multiple of the training length."""
    model, settings, half, parameters = ROWS[row][name]
    chance = random.Random(f"{row} {name} {seed}")
    inside = CONFIGURED[row].settings.get("train_lengths", range(1, 21))
    lengths = CONFIGURED["copy(1-20)"].settings["eval_lengths"]
    edge, middle = max(inside), half * chance.uniform(0.8, 1.25)
    by_length, adversarial = {}, {}
    for length in lengths:
        share = 1 / (1 + (length / edge / middle) ** 6) if half > 0.5 else 0.5**length
        wrong = binomial(chance, 256, 1 - share)
        by_length[str(length)] = score(256 - wrong, 256, stopped_wrong=binomial(chance, wrong, 0.3))
        kinds = {kind: share ** (1 + 2 * place) for place, kind in enumerate(KINDS) if length > 2 or not place}
        adversarial[str(length)] = {kind: sets(chance, right) for kind, right in kinds.items() if length > 1}
    adversarial = {length: found for length, found in adversarial.items() if found}
    made = configured(row, model, seed, settings, inside=inside, by_length=by_length, adversarial=adversarial)
    steps = chance.randrange(900, 2000, 100)
    timing = made["timing"] | {"train_seconds": round(steps * 0.02, 2)}
    kept = traces(name, edge, chance)
    return made | {"parameters": parameters, "steps": steps, "timing": timing} | ({"traces": kept} if kept else {})


def sets(chance: random.Random, share: float) -> dict[str, int]:
    wrong = binomial(chance, 64, 1 - share)
    return {"examples": 64, "right": 64 - wrong, "stopped_wrong": binomial(chance, wrong, 0.5)}


def binomial(chance: random.Random, count: int, share: float) -> int:
    return sum(chance.random() < share for _ in range(count))


def traces(name: str, edge: int, chance: random.Random) -> list[dict[str, Any]]:
    """Return what the memories of three families do, a number of which overflows."""
    found = []
    for length in (edge, 10 * edge):
        steps = range(length + 1)
        weights = [round(1 - 0.3 * chance.random() * step / (length + 1), 3) for step in steps]
        series: dict[str, list[float | None]] = {
            "location_attention": {"place": [step + 1 for step in steps], "weight there": [*weights[:-1], None]},
            "stack_rnn": {"depth": [length - step for step in steps]},
            "tape_rnn": {"read head": [*steps], "write head": [length + 0.4 * step for step in steps]},
        }.get(name, {})
        if series:
            found.append({"length": length, "source": ["a"] * length, "written": ["b"] * len(steps), "series": series})
    return found


def word_record(model: str, share: float, later: float, seed: int) -> Record:
    """Return a record of the numbers in English, evaluated inside and past its training text."""
    chance = random.Random(f"{model} {seed}")
    by_length = {}
    for text, mean in ((8000, share + 0.001), (9999, share), (11999, later)):
        words = round(5000 * min(1, mean + 0.01 * chance.uniform(-1, 1) * (1 - mean)))
        by_length[str(text)] = score(int(900 * mean**6), 1000, tokens=5000, tokens_right=words, nats=0.1)
    return configured("human_numbers", model, seed, kind="stream", inside=(8000,), by_length=by_length)


def wave_record(model: str, error: float, seed: int) -> Record:
    """Return a record of a sine whose error grows with the horizon; the worst overflows far out."""
    chance = random.Random(f"{model} {seed}")
    scores = {}
    for length in (50, 100, 200, 500, 1000, 5000):
        wrong = error * (length / 50) ** 1.1 * math.exp(0.3 * chance.gauss(0, 1))
        overflowed = model == "gru" and length == 5000
        scores[str(length)] = score(
            100 if wrong < 0.05 else 0, nrmse=None if overflowed else min(wrong, 1.5), next_step_nrmse=error
        )
    return configured("sine(one,float64)", model, seed, kind="values", inside=(50,), by_length=scores)
