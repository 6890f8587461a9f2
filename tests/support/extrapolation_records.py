"""Hand-made records of a run that extrapolates, as its families might come out, for the tests of its page."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator
from typing import Any

from harness import record, score

from bench.records.store import Record
from bench.spec.spec import Spec

FAR = (1, 2, 5, 10, 15, 20, 25, 30, 40, 60, 100, 200, 400, 1000, 2000)
KINDS = ("one_symbol", "palindrome")
STRINGS = {  # by column: at which multiple of the longest training length half is right; parameters
    "location_attention": (1e6, 40_312),
    "location_attention(move=convolution)": (60.0, 48_771),
    "decoder_only(positions=coupled)": (25.0, 101_248),
    "decoder_only(positions=rotary)": (1.4, 100_992),
    "decoder_only(positions=alibi,heads=8)": (2.1, 100_480),
    "transformer(positions=none)": (1.2, 104_001),
    "stack_rnn": (8.0, 10_215),
    "tape_rnn": (30.0, 11_027),
    "gru": (1.15, 51_004),
    "lstm": (1.1, 66_123),
    "selective_ssm": (1.3, 52_760),
    "lru": (0.4, 50_111),
}
COUNTED = {"gru": (3.0, 10_000), "lstm": (45.0, 10_400), "transformer(positions=none)": (1.1, 12_000)}
ROWS: dict[str, dict[str, tuple[float, int]]] = {
    "copy": STRINGS,
    "reverse": {name: STRINGS[name] for name in ("location_attention", "stack_rnn", "gru")},
    "addition(aligned)": COUNTED,
    "parity": COUNTED,
    **{
        f"copy(train_lengths=1-{n})": {
            "location_attention": (1e6 if n > 5 else 20.0, 40_312),
            "decoder_only(positions=coupled)": (n / 2, 101_248),
            "gru": (1.0 + n / 100, 51_004),
            "lru": (0.4, 50_111),
        }
        for n in (5, 10, 40)
    },
}
WORDS = {"pointer": (0.998, 0.99), "lstm": (0.85, 0.72), "gru": (0.84, 0.7), "majority": (0.2, 0.2)}
WAVES = {"ridge": 1e-7, "linear_rnn": 3e-5, "elman": 4e-3, "gru": 2e-2}


def suite_records(seeds: int = 5) -> Iterator[Record]:
    """Return a record of every cell."""
    for row, columns in ROWS.items():
        for column, (half, parameters) in columns.items():
            for seed in range(seeds):
                yield string_record(row, column, half, parameters, seed)
    for seed in range(seeds):
        yield from (word_record(column, share, later, seed) for column, (share, later) in WORDS.items())
        yield from (wave_record(column, error, seed) for column, error in WAVES.items())


def named(row: str, column: str, seed: int, **changes: Any) -> Record:
    """Return a record under the names of a row and a column, its settings read back from the latter."""
    made = record({3: 1}, task=row, model=column, seed=seed, **changes)
    settings = dict(part.split("=") for part in re.findall(r"\w+=\w+", column))
    spec = Spec(row.partition("(")[0], column.partition("(")[0], row=row, column=column)
    return made | {"spec": made["spec"] | {"task": spec.task, "model": spec.model, "model_settings": settings}}


def string_record(row: str, column: str, half: float, parameters: int, seed: int) -> Record:
    """Return a record of a task on strings whose accuracy falls around a multiple of the training length."""
    chance = random.Random(f"{row} {column} {seed}")
    trained = re.search(r"train_lengths=1-(\d+)", row)
    edge = int(trained[1]) if trained else 20
    middle = half * chance.uniform(0.8, 1.25)
    by_length, adversarial = {}, {}
    for length in FAR:
        share = 1 / (1 + (length / edge / middle) ** 6) if half > 0.5 else 0.5**length
        wrong = binomial(chance, 256, 1 - share)
        by_length[str(length)] = score(256 - wrong, 256, stopped_wrong=binomial(chance, wrong, 0.3))
        kinds = {kind: share ** (1 + 2 * place) for place, kind in enumerate(KINDS) if length > 2 or not place}
        adversarial[str(length)] = {kind: sets(chance, right) for kind, right in kinds.items() if length > 1}
    adversarial = {length: found for length, found in adversarial.items() if found}
    made = named(row, column, seed, inside=range(1, edge + 1), by_length=by_length, adversarial=adversarial)
    steps = chance.randrange(900, 2000, 100)
    timing = made["timing"] | {"train_seconds": round(steps * 0.02, 2)}
    kept = traces(column, edge, chance)
    return made | {"parameters": parameters, "steps": steps, "timing": timing} | ({"traces": kept} if kept else {})


def sets(chance: random.Random, share: float) -> dict[str, int]:
    wrong = binomial(chance, 64, 1 - share)
    return {"examples": 64, "right": 64 - wrong, "stopped_wrong": binomial(chance, wrong, 0.5)}


def binomial(chance: random.Random, count: int, share: float) -> int:
    return sum(chance.random() < share for _ in range(count))


def traces(column: str, edge: int, chance: random.Random) -> list[dict[str, Any]]:
    """Return what the memories of three families do, a number of which overflows."""
    found = []
    for length in (edge, 10 * edge):
        steps = range(length + 1)
        weights = [round(1 - 0.3 * chance.random() * step / (length + 1), 3) for step in steps]
        series: dict[str, list[float | None]] = {
            "location_attention": {"place": [step + 1 for step in steps], "weight there": [*weights[:-1], None]},
            "stack_rnn": {"depth": [length - step for step in steps]},
            "tape_rnn": {"read head": [*steps], "write head": [length + 0.4 * step for step in steps]},
        }.get(column, {})
        if series:
            found.append({"length": length, "source": ["a"] * length, "written": ["b"] * len(steps), "series": series})
    return found


def word_record(column: str, share: float, later: float, seed: int) -> Record:
    """Return a record of the numbers in English, judged inside and past its training text."""
    chance = random.Random(f"{column} {seed}")
    by_length = {}
    for text, mean in ((8000, share + 0.001), (9999, share), (11999, later)):
        words = round(5000 * min(1, mean + 0.01 * chance.uniform(-1, 1) * (1 - mean)))
        by_length[str(text)] = score(int(900 * mean**6), 1000, tokens=5000, tokens_right=words, nats=0.1)
    return named("human_numbers", column, seed, kind="stream", inside=(8000,), by_length=by_length)


def wave_record(column: str, error: float, seed: int) -> Record:
    """Return a record of a sine whose error grows with the horizon; the worst overflows far out."""
    chance = random.Random(f"{column} {seed}")
    scores = {}
    for length in (50, 100, 200, 500, 1000, 5000):
        wrong = error * (length / 50) ** 1.1 * math.exp(0.3 * chance.gauss(0, 1))
        overflowed = column == "gru" and length == 5000
        scores[str(length)] = score(
            100 if wrong < 0.05 else 0, nrmse=None if overflowed else min(wrong, 1.5), next_step_nrmse=error
        )
    return named("sine", column, seed, kind="values", inside=(50,), by_length=scores)
