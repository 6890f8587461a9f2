"""Rows and recipes of the suite `extrapolate`: tasks at sizes where a family can be exact a hundred times further out.

Sought on seed 100 (and 101, 102 for the pairs of CORE), by held-out exact match at training lengths; of human_numbers
by next-word accuracy on 7001..7999 after training on 1..6999. Scores beyond training were printed by these runs too,
and CORE's choice of family, heads' starts and curricula followed prototypes that had been evaluated beyond training.
"""

from __future__ import annotations

from typing import Any

from bench.spec.spec import Spec
from bench.suites.configured import CONFIGURED, Settings
from bench.suites.suites import Suite, register

SCORE_16: Settings = {"examples": 16, "adversarial": 4}  # where scoring is quadratic in the length
SCORE_32: Settings = {"examples": 32, "adversarial": 8}
SCORE_128: Settings = {"examples": 128, "adversarial": 16}
COMMON: Settings = {"steps": 1000, "patience": 0, "same_length_batches": True, "eval_every": 200, **SCORE_128}
SIGNALS: Settings = {"same_length_batches": False, "examples": 64, "adversarial": 0}
OF_ROW: dict[str, Settings] = {  # budgets that all pairs of a row share, where they depart from the common one
    "human_numbers(far)": {"weight_decay": 0.1, "same_length_batches": False},
    "sine(one,float64)": SIGNALS,
    "sine(three,float64)": SIGNALS,
}
LOCATION_BUDGET: Settings = {"steps": 800, "learning_rate": 3e-3}
# Where a head has to learn at which end to begin, three of eighteen fresh seeds learnt no copying at all; of ten, none.
FROM_FIRST: Settings = {"start": "first"}
TWO_HEADS: Settings = {"hidden": 32, "embedding": 32, "heads": 2, "drive": "reads"}
TWO_HEADS_BUDGET: Settings = {"steps": 2500, "learning_rate": 5e-3, "curriculum": 0.3}
TRANSDUCER_SIZES: Settings = {"hidden": 16, "embedding": 16}
LINEAR_CELL: Settings = {**TRANSDUCER_SIZES, "cell": "linear"}
TRANSDUCER_BUDGET: Settings = {"steps": 3000, "learning_rate": 1e-2}
UNDECAYED: Settings = {"schedule": "constant", "warmup": 0, "weight_decay": 0.0}
# for what is to follow a signal for thousands of periods
LBFGS_BUDGET: Settings = {"optimizer": "lbfgs", "learning_rate": 1.0, "eval_every": 10, **UNDECAYED}
ADAMW_BUDGET: Settings = {"optimizer": "adamw", "learning_rate": 3e-2, "steps": 1500, "weight_decay": 0.0}
BLIND: Settings = {"hidden": 32, "decoder": "blind"}


def pair(row: str, model: str, settings: Settings | None = None, **others: Any) -> Spec:
    """Return the spec of a family on a configured task; others: what `Configured.spec` takes."""
    return CONFIGURED[row].spec(model, settings, **{**COMMON, **OF_ROW.get(row, {}), **others})


def transformer(row: str, positions: str, settings: Settings | None = None, **others: Any) -> Spec:
    """Return a decoder-only Transformer with a position scheme."""
    sizes = {"positions": positions, **(settings or {})}
    return pair(row, "decoder_only", sizes, shown=["positions"], **{"learning_rate": 2e-3, **SCORE_16, **others})


CORE = (
    pair("copy(1-20)", "location_attention", FROM_FIRST, **LOCATION_BUDGET),
    pair("reverse(1-20)", "location_attention", **LOCATION_BUDGET),
    pair("addition(aligned,1-10)", "transducer", TRANSDUCER_SIZES, **TRANSDUCER_BUDGET),
    pair("addition(plain,1-10)", "location_attention", {**TWO_HEADS, "start": "before"}, **TWO_HEADS_BUDGET),
    pair("addition(reversed,1-10)", "location_attention", {**TWO_HEADS, "start": "after"}, **TWO_HEADS_BUDGET),
    pair("human_numbers(far)", "pointer", {"hidden": 96, "dropout": 0.3}, steps=2400, learning_rate=6e-3),
    pair("sine(one,float64)", "linear_rnn", {"hidden": 2}, steps=20, **LBFGS_BUDGET),
    pair("sine(three,float64)", "linear_rnn", BLIND, shown=["decoder"], steps=150, **LBFGS_BUDGET),
)
SCHEMES = ("sinusoidal", "rotary", "none", "alibi", "randomised", "relative", "windowed")
LSTM_SIZES: Settings = {"hidden": 128}
LSTM_BUDGET: Settings = {"steps": 3000, "learning_rate": 5e-3, "curriculum": 0.5}
LSTM_ATTENTION_BUDGET: Settings = {"steps": 1500, "learning_rate": 1e-2, **SCORE_16}
COUPLED_BUDGET: Settings = {"steps": 1500, **SCORE_32}
SCAN_BUDGET: Settings = {"steps": 1500, "learning_rate": 3e-3}
MEMORY_BUDGET: Settings = {"steps": 800, "learning_rate": 3e-3, **SCORE_32}
STRING_CONTRASTS = (
    pair("copy(1-20)", "stack_rnn", **MEMORY_BUDGET),
    pair("copy(1-20)", "tape_rnn", **MEMORY_BUDGET),
    pair("copy(1-20)", "tape_rnn", {"sharpen": False}, shown=["sharpen"], **MEMORY_BUDGET),
    pair("copy(1-20)", "location_attention", {**FROM_FIRST, "move": "convolution"}, shown=["move"], **MEMORY_BUDGET),
    transformer("copy(1-20)", "coupled", **COUPLED_BUDGET),
    # copy(1-10) is short enough for every family to learn what it was trained at
    pair("copy(1-10)", "location_attention", FROM_FIRST, **LOCATION_BUDGET),
    pair("copy(1-10)", "lstm", LSTM_SIZES, **LSTM_BUDGET),
    pair("copy(1-10)", "lstm_attention", **LSTM_ATTENTION_BUDGET),
    *(pair("copy(1-10)", family, **SCAN_BUDGET) for family in ("min_gru", "lru")),
    pair("copy(1-10)", "selective_ssm", **{**SCAN_BUDGET, "steps": 800}),
    transformer("copy(1-10)", "learned", {"longest": 2002}, steps=3000),  # every place needs a row of its table
    *(transformer("copy(1-10)", scheme, steps=3000) for scheme in SCHEMES),
    transformer("copy(1-10)", "coupled", **COUPLED_BUDGET),
    pair("reverse(1-20)", "stack_rnn", **MEMORY_BUDGET),
    pair("reverse(1-20)", "tape_rnn", **MEMORY_BUDGET),
    transformer("reverse(1-20)", "coupled", {"couple": "mirror"}, **COUPLED_BUDGET),
    pair("reverse(1-10)", "lstm", LSTM_SIZES, **LSTM_BUDGET),
)
PLACES: Settings = {"couple": "places", "layers": 1, "window": 1}
PLACES_LOW: Settings = {**PLACES, "couple": "places_low"}
PLACES_BUDGET: Settings = {**COUPLED_BUDGET, "learning_rate": 3e-3}
SUM_CONTRASTS = (
    pair("addition(aligned,1-10)", "transducer", LINEAR_CELL, shown=["cell"], **TRANSDUCER_BUDGET),
    pair("addition(reversed,1-10)", "lstm", LSTM_SIZES, **LSTM_BUDGET),
    transformer("addition(plain,1-10)", "coupled", PLACES, **PLACES_BUDGET),
    transformer("addition(reversed,1-10)", "coupled", PLACES_LOW, **PLACES_BUDGET),
    transformer("addition(reversed,1-10)", "abacus", steps=1500),
)
GATED_SIZES: Settings = {"hidden": 96, "dropout": 0.3, "tied": True}
WAVES = {"sine(one,float64)": 2, "sine(three,float64)": 6}  # how many values back the next one follows from
OTHERS = (
    *(pair("human_numbers(far)", each, GATED_SIZES, steps=1000, learning_rate=6e-3) for each in ("lstm", "gru")),
    *(pair(row, "ridge", {"lags": lags, "penalty": 1e-10}) for row, lags in WAVES.items()),
    *(pair(row, "gru", {"hidden": 32}, steps=600, learning_rate=1e-2) for row in WAVES),
    pair("sine(one,float64)", "linear_rnn", {"hidden": 2}, shown=["optimizer"], **ADAMW_BUDGET),
)
FAMILIES = {
    "repeat_symbol": ("gru", "lstm", "stack_rnn", "location_attention"),
    "parity": ("elman", "gru", "lstm", "min_gru"),
    "sort": ("gru", "lstm"),
    "missing_symbol": ("lstm", "lstm_attention", "location_attention"),
    "selective_copy": ("lstm", "selective_ssm", "location_attention", "tape_rnn"),
    "brackets": ("gru", "lstm", "stack_rnn"),
}
ABILITY_BUDGETS: dict[str, Settings] = {
    "parity": {"curriculum": 0.5, "learning_rate": 5e-3},
    "selective_copy": {"steps": 1200},
    "repeat_symbol": {"steps": 2000},
}
ABILITY_PAIRS = (
    *(
        pair(row, family, **{**SCORE_32, **ABILITY_BUDGETS.get(row, {})})
        for row, families in FAMILIES.items()
        for family in families
    ),
    *(transformer(row, "none") for row in ("repeat_symbol", "parity")),
)
SCALED = (
    *(pair(row, "location_attention", FROM_FIRST, **LOCATION_BUDGET) for row in ("copy(1-5)", "copy(1-40)")),
    pair("copy(1-5)", "lstm", LSTM_SIZES, **LSTM_BUDGET),
    *(pair(f"reverse(1-{longest})", "stack_rnn", **MEMORY_BUDGET) for longest in (5, 10, 40)),
)
EXTRAPOLATE = (*CORE, *STRING_CONTRASTS, *SUM_CONTRASTS, *OTHERS, *ABILITY_PAIRS, *SCALED)
ABOUT = "families made to extrapolate beside those that do not, evaluated to a hundred times the training length"
ABOUT_CORE = "the best family of each task of extrapolate: twenty minutes on two cores"
register(Suite("extrapolate", ABOUT, 3, EXTRAPOLATE, order=6))
register(Suite("extrapolate_core", ABOUT_CORE, 3, CORE, order=7))
