"""Rows and recipes of the suite `extrapolate`: tasks at sizes where a family can be exact a hundred times further out.

Sought on seed 100 (and 101, 102 for the pairs of CORE), by held-out exact match at training lengths; of human_numbers
by next-word accuracy on 7001..7999 after training on 1..6999. Scores beyond training were printed by these runs too,
and CORE's choice of family, heads' starts and curricula followed prototypes that had been judged beyond training.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from bench.spec.settings import label
from bench.spec.spec import Spec

Settings = dict[str, Any]
SHORT = tuple(range(1, 21))
FAR = (1, 2, 5, 10, 15, 20, 25, 30, 40, 60, 100, 200, 400, 1000, 2000)
STRINGS: Settings = {"symbols": 8, "stop": "once", "train_lengths": SHORT, "eval_lengths": FAR}
SUMS: Settings = {
    "operands": "longest",
    "shortest": 1,
    "low_first_sum": True,
    "carry_heavy": 0.3,
    "train_lengths": tuple(range(1, 11)),
    "eval_lengths": (1, 2, 5, 10, 12, 15, 20, 30, 50, 100, 200, 500, 1000),
}
WAVES: Settings = {"precision": "float64", "eval_lengths": (50, 100, 200, 500, 1000, 2000, 5000, 10_000)}
THREE = {"frequencies": (1.0, 0.37, 1.71), "weights": (1.0, 1.0, 1.0)}
NUMBERS: Settings = {
    "window": 64,
    "eval_lengths": (7999, 9999, 10_999, 14_000, 99_999),
    "starts": (1, 8001, 10_001, 12_001, 99_001),
}
CLOSELY: Settings = {  # for what is to follow a signal for thousands of periods
    "optimizer": "lbfgs",
    "learning_rate": 1.0,
    "schedule": "constant",
    "warmup": 0,
    "weight_decay": 0.0,
    "eval_every": 10,
}


@dataclass(frozen=True)
class Posed:
    """A task as this suite poses it, and the budget that its pairs share."""

    row: str
    task: str
    settings: Settings = field(default_factory=dict)
    budget: Settings = field(default_factory=dict)

    def spec(self, model: str, settings: Settings | None = None, shown: Iterable[str] = (), **budget: Any) -> Spec:
        """Return a pair's spec; `shown` are the settings that its column names, to tell it from others."""
        sizes = settings or {}
        column = label(model, {name: sizes[name] for name in shown})
        return Spec(
            self.task, model, self.settings, sizes, row=self.row, column=column, **{**COMMON, **self.budget, **budget}
        )

    def trained_to(self, longest: int) -> Posed:
        """Return the same task trained at lengths up to another, and judged to a hundred times that."""
        lengths = {"train_lengths": tuple(range(1, longest + 1))}
        judged = tuple(length for length in self.settings["eval_lengths"] if length <= 100 * longest)
        settings = {**self.settings, **lengths, "eval_lengths": judged}
        return Posed(label(self.row, lengths), self.task, settings, self.budget)


COMMON: Settings = {
    "steps": 1000,
    "batch": 64,
    "patience": 0,
    "same_length_batches": True,
    "examples": 128,
    "adversarial": 16,
    "eval_every": 200,
}
COPY = Posed("copy", "copy", STRINGS)
REVERSE = Posed("reverse", "reverse", STRINGS)
VARIABLE = Posed("variable_copy", "variable_copy", STRINGS)
ALIGNED = Posed("addition(aligned)", "addition", {**SUMS, "aligned": True})
PLAIN = Posed("addition(plain)", "addition", SUMS)
REVERSED = Posed("addition(reversed)", "addition", {**SUMS, "low_first_operands": True})
HUMAN = Posed("human_numbers", "human_numbers", NUMBERS, {"weight_decay": 0.1, "same_length_batches": False})
SINE = Posed("sine", "sine", WAVES, {"same_length_batches": False, "examples": 64, "adversarial": 0})
SINES = Posed("sine(three)", "sine", {**WAVES, **THREE}, SINE.budget)
ABILITIES = {
    name: Posed(name, name)
    for name in ("repeat_symbol", "parity", "sort", "missing_symbol", "selective_copy", "brackets")
}
WALK: Settings = {"steps": 800, "learning_rate": 3e-3}
TWO_HEADS: Settings = {"hidden": 32, "embedding": 32, "heads": 2, "drive": "reads"}
ADD: Settings = {"steps": 2500, "learning_rate": 5e-3, "curriculum": 0.3}
FEWER: Settings = {"examples": 16, "adversarial": 4}  # where scoring is quadratic in the length
ATTEND: Settings = {**FEWER, "learning_rate": 2e-3}
MIDDLING: Settings = {"examples": 32, "adversarial": 8}


def transformer(posed: Posed, positions: str, settings: Settings | None = None, **budget: Any) -> Spec:
    """Return a decoder-only Transformer with a position scheme."""
    sizes = {"positions": positions, **(settings or {})}
    return posed.spec("decoder_only", sizes, ["positions"], **{**ATTEND, **budget})


CORE = (
    COPY.spec("location_attention", **WALK),
    REVERSE.spec("location_attention", **WALK),
    VARIABLE.spec("location_attention", **WALK),
    ALIGNED.spec("transducer", {"hidden": 16, "embedding": 16}, steps=3000, learning_rate=1e-2),
    PLAIN.spec("location_attention", {**TWO_HEADS, "start": "before"}, **ADD),
    REVERSED.spec("location_attention", {**TWO_HEADS, "start": "after"}, **ADD),
    HUMAN.spec("pointer", {"hidden": 96, "dropout": 0.3}, steps=2400, learning_rate=6e-3),
    SINE.spec("linear_rnn", {"hidden": 2}, steps=20, **CLOSELY),
    SINES.spec("linear_rnn", {"hidden": 32, "decoder": "blind"}, ["decoder"], steps=150, **CLOSELY),
)
SCHEMES = ("sinusoidal", "rotary", "none", "alibi", "randomised", "relative", "windowed")
TENS = COPY.trained_to(10)  # short enough for every family to learn what it was trained at
LSTM: Settings = {"hidden": 128}
RECUR: Settings = {"steps": 3000, "learning_rate": 5e-3, "curriculum": 0.5}
LOOK_UP: Settings = {"steps": 1500, "learning_rate": 1e-2, **FEWER}
SHARED_IDS: Settings = {"steps": 1500, "examples": 32, "adversarial": 8}
SCAN: Settings = {"steps": 1500, "learning_rate": 3e-3}
MEMORY: Settings = {"steps": 800, "learning_rate": 3e-3, **MIDDLING}
STRING_CONTRASTS = (
    COPY.spec("stack_rnn", **MEMORY),
    COPY.spec("tape_rnn", **MEMORY),
    COPY.spec("tape_rnn", {"sharpen": False}, ["sharpen"], **MEMORY),
    COPY.spec("location_attention", {"move": "convolution"}, ["move"], **MEMORY),
    transformer(COPY, "coupled", **SHARED_IDS),
    TENS.spec("location_attention", **WALK),
    TENS.spec("lstm", LSTM, **RECUR),
    TENS.spec("lstm_attention", **LOOK_UP),
    *(TENS.spec(family, **SCAN) for family in ("min_gru", "lru")),
    TENS.spec("selective_ssm", **{**SCAN, "steps": 800}),
    transformer(TENS, "learned", {"longest": 2002}, steps=3000),  # every place needs a row of its table
    *(transformer(TENS, scheme, steps=3000) for scheme in SCHEMES),
    transformer(TENS, "coupled", **SHARED_IDS),
    REVERSE.spec("stack_rnn", **MEMORY),
    REVERSE.spec("tape_rnn", **MEMORY),
    transformer(REVERSE, "coupled", {"couple": "mirror"}, **SHARED_IDS),
    REVERSE.trained_to(10).spec("lstm", LSTM, **RECUR),
)
ONE_LAYER: Settings = {"layers": 1, "window": 1}
SUM_CONTRASTS = (
    ALIGNED.spec(
        "transducer",
        {"hidden": 16, "embedding": 16, "cell": "linear"},
        ["cell"],
        steps=3000,
        learning_rate=1e-2,
    ),
    REVERSED.spec("lstm", LSTM, **RECUR),
    transformer(PLAIN, "coupled", {"couple": "places", **ONE_LAYER}, learning_rate=3e-3, **SHARED_IDS),
    transformer(REVERSED, "coupled", {"couple": "places_low", **ONE_LAYER}, learning_rate=3e-3, **SHARED_IDS),
    transformer(REVERSED, "abacus", steps=1500),
)
OTHERS = (
    *(
        HUMAN.spec(family, {"hidden": 96, "dropout": 0.3, "tied": True}, steps=1000, learning_rate=6e-3)
        for family in ("lstm", "gru")
    ),
    *(posed.spec("ridge", {"lags": lags, "penalty": 1e-10}) for posed, lags in ((SINE, 2), (SINES, 6))),
    *(posed.spec("gru", {"hidden": 32}, steps=600, learning_rate=1e-2) for posed in (SINE, SINES)),
    replace(
        SINE.spec("linear_rnn", {"hidden": 2}, steps=1500, learning_rate=3e-2, weight_decay=0.0),
        column="linear_rnn(optimizer=adamw)",
    ),
)
FAMILIES = {
    "repeat_symbol": ("gru", "lstm", "stack_rnn", "location_attention"),
    "parity": ("elman", "gru", "lstm", "min_gru"),
    "sort": ("gru", "lstm"),
    "missing_symbol": ("lstm", "lstm_attention", "location_attention"),
    "selective_copy": ("lstm", "selective_ssm", "location_attention", "tape_rnn"),
    "brackets": ("gru", "lstm", "stack_rnn"),
}
OWN: dict[str, Settings] = {
    "parity": {"curriculum": 0.5, "learning_rate": 5e-3},
    "selective_copy": {"steps": 1200},
    "repeat_symbol": {"steps": 2000},
}
ABILITY_PAIRS = (
    *(
        ABILITIES[name].spec(family, **{**MIDDLING, **OWN.get(name, {})})
        for name, families in FAMILIES.items()
        for family in families
    ),
    *(transformer(ABILITIES[name], "none") for name in ("repeat_symbol", "parity")),
)
SCALED = (
    *(COPY.trained_to(longest).spec("location_attention", **WALK) for longest in (5, 40)),
    COPY.trained_to(5).spec("lstm", LSTM, **RECUR),
    *(REVERSE.trained_to(longest).spec("stack_rnn", **MEMORY) for longest in (5, 10, 40)),
)
EXTRAPOLATE = (*CORE, *STRING_CONTRASTS, *SUM_CONTRASTS, *OTHERS, *ABILITY_PAIRS, *SCALED)
