"""The notebooks' tasks by their recipes: does everything run (smoke), a family of each kind (quick), every pair (full).

And variance, which crosses each of four data streams with every seed of the weights.
"""

from __future__ import annotations

from dataclasses import replace

from bench.spec.settings import label
from bench.suites.recipes import BUDGETS, pairs, recipe, sized
from bench.suites.suites import Suite, register

BASELINES = ("majority", "neighbour")  # trivial ones, for strings
RECURRENT = ("linear_rnn", "elman", "rnn", "irnn", "gru", "lstm")
EACH_KIND = ("linear_rnn", "elman", "gru", "lstm", "lstm_attention", "transformer", *BASELINES)
ALL = (*RECURRENT, "lstm_attention", "transformer", *BASELINES)
STRINGS = ("copy", "reverse", "variable_copy", "addition", "addition(reversed)")
ONE_UNIT = recipe("sine", "linear_rnn", settings={"hidden": 1}, shown=["hidden"])  # one too few: a sine needs two
ADDERS = (  # the notebook's own: five layers of 100, and one of 200, decoders that read nothing
    ("rnn", {"hidden": 100, "layers": 5, "decoder": "blind"}),
    ("lstm", {"hidden": 200, "decoder": "blind"}),
)
QUICK = (
    ONE_UNIT,
    *pairs(["sine"], ("linear_rnn", "elman", "gru", "lstm", "ridge")),
    *pairs(["copy", "reverse"], EACH_KIND),
    *pairs(["variable_copy"], ("linear_rnn", "elman"), steps=1000),
    *pairs(["variable_copy"], ("gru", "lstm", "lstm_attention", "transformer", *BASELINES)),
    *pairs(["addition(reversed)"], ("linear_rnn", "elman", "gru", "lstm", "lstm_attention"), steps=1200),
    *pairs(["addition(reversed)"], ("transformer", *BASELINES)),
    *pairs(["human_numbers"], ("linear_rnn", "elman", "gru", "lstm", "transformer", "majority")),
)
FULL = (
    ONE_UNIT,
    *pairs(["sine"], (*RECURRENT, "lstm_attention", "transformer", "ridge")),
    *pairs(STRINGS, ALL),
    *(recipe("addition", model, settings=settings, shown=settings) for model, settings in ADDERS),
    *pairs(["human_numbers"], (*RECURRENT, "transformer", "majority")),
)
CROSSED = tuple(
    replace(spec, data_seed=data, column=label(spec.column, {}, {"data_seed": data}.items()))
    for spec in sized((*pairs(["copy"], ("gru", "lstm_attention")), *pairs(["sine"], ("linear_rnn",))), 256)
    for data in range(4)
)
SMOKE = pairs(BUDGETS, ("elman", "gru"), steps=20, examples=32)
ABOUT_QUICK = "every task, a family of each kind: about fifteen minutes on two cores"
ABOUT_CROSSED = "which part of the spread over seeds is the weights', which the data's: five minutes on two cores"
register(Suite("smoke", "every task with two families, a minute in all", 1, SMOKE, order=1))
register(Suite("quick", ABOUT_QUICK, 3, sized(QUICK, 256), order=2))
register(Suite("variance", ABOUT_CROSSED, 4, CROSSED, order=8))
register(Suite("full", "every pair at paper grade, sized for a GPU", 5, sized(FULL, 512), order=9))
